// SPDX-License-Identifier: Apache-2.0

// The rolling restart: to the program and the settings of now, without a gap.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "process/contract.h"
#include "process/supervisor_fixture.h"
#include "process/test_process.h"

namespace latchkey::process {
namespace {

using test::ChildProcess;
using test::SupervisorTest;

TEST_F(SupervisorTest, RollsToNewWorkersWithoutAGap) {
  ChildProcess supervisor = start(options({pool("api", 2), pool("hash", 1)}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const pid_t before = serving_pid("hash");
  // In hand all the while: its worker may leave only after it.
  const base::Descriptor in_hand = test::connect_to(directory_.file("api.sock"));
  const pid_t busy = std::stoi(test::read_line(in_hand.get()));
  supervisor.send_signal(SIGHUP);
  ASSERT_TRUE(supervisor.says("rolling restart begins"));
  for (int i = 0; i < 50; ++i) EXPECT_GT(serving_pid("api"), 0);
  test::send_text(in_hand.get(), "go");
  EXPECT_EQ(test::read_line(in_hand.get()), "bye");
  ASSERT_TRUE(supervisor.says("rolling restart is complete"));
  EXPECT_NE(serving_pid("hash"), before);
  EXPECT_NE(serving_pid("api"), busy);
  supervisor.send_signal(SIGTERM);
  EXPECT_EQ(supervisor.wait(), kExitDone);
}

TEST_F(SupervisorTest, RefusesToRollToBadSettings) {
  SupervisorOptions refusing = options({pool("api", 1)});
  refusing.reload = [](const Bounds&) -> Bounds {
    throw std::runtime_error("JWT_SECRET_KEY is too short");
  };
  ChildProcess supervisor = start(refusing);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const pid_t before = serving_pid();
  supervisor.send_signal(SIGHUP);
  EXPECT_NE(supervisor.line_with("rolling restart refused").find("JWT_SECRET_KEY is too short"),
            std::string::npos);
  EXPECT_EQ(serving_pid(), before);
}

TEST_F(SupervisorTest, ATrialThatFailsRefusesTheRoll) {
  SupervisorOptions refusing = options({pool("api", 1)});
  refusing.trial = {"/bin/sh", "-c", "echo the new program wants more >&2; exit 78"};
  ChildProcess supervisor = start(refusing);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const pid_t before = serving_pid();
  supervisor.send_signal(SIGHUP);
  EXPECT_NE(supervisor.line_with("rolling restart refused").find("the new program wants more"),
            std::string::npos);
  EXPECT_EQ(serving_pid(), before);
}

TEST_F(SupervisorTest, AProgramThatIsGoneRefusesTheRoll) {
  SupervisorOptions refusing = options({pool("api", 1)});
  refusing.trial = {directory_.file("no-such-program"), "config"};
  ChildProcess supervisor = start(refusing);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  supervisor.send_signal(SIGHUP);
  EXPECT_NE(supervisor.line_with("rolling restart refused").find("no-such-program"),
            std::string::npos);
}

// Everything else goes on meanwhile: signals are heard, signs of life are read.
TEST_F(SupervisorTest, ATrialThatTakesItsTimeHoldsNothingUp) {
  SupervisorOptions slow = options({pool("api", 4)});
  slow.bounds.silence_ms = 400;
  const std::string finish = directory_.file("finish");
  slow.trial = {"/bin/sh", "-c", "until [ -e " + finish + " ]; do sleep 0.01; done"};
  ChildProcess supervisor = start(slow);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  supervisor.send_signal(SIGHUP);
  supervisor.send_signal(SIGTTIN);
  ASSERT_TRUE(supervisor.says("pool resized"));
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1000);
  while (std::chrono::steady_clock::now() < end) ASSERT_GT(serving_pid(), 0);
  supervisor.send_signal(SIGHUP);  // the settings may have changed since the trial read them
  std::ofstream(finish) << "now";
  ASSERT_TRUE(supervisor.says("rolling restart is complete"));
  supervisor.send_signal(SIGTERM);
  EXPECT_EQ(supervisor.wait(), kExitDone);
  EXPECT_EQ(supervisor.rest_of_log().find("is killed"), std::string::npos);
}

TEST_F(SupervisorTest, AStopDoesNotWaitForATrial) {
  for (const int signal : {SIGTERM, SIGQUIT}) {
    SupervisorOptions stuck = options({pool("api", 1)});
    stuck.trial = {"/bin/sh", "-c", "exec sleep 60"};
    ChildProcess supervisor = start(stuck);
    ASSERT_TRUE(supervisor.says("every worker is ready"));
    supervisor.send_signal(SIGHUP);
    supervisor.send_signal(SIGTTIN);
    ASSERT_TRUE(supervisor.says("pool resized"));
    const auto begin = std::chrono::steady_clock::now();
    supervisor.send_signal(signal);
    EXPECT_EQ(supervisor.wait(), kExitDone);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
}

TEST_F(SupervisorTest, RollsToTheProgramThatIsThereNow) {
  const std::string program = directory_.file("worker");
  std::filesystem::copy_file(LATCHKEY_FAKE_WORKER, program);
  PoolOptions installed = pool("api", 1);
  installed.command[0] = program;
  ChildProcess supervisor = start(options({installed}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const pid_t before = serving_pid();
  // As a package does it: a new file takes the name, the old one lives on in its processes.
  const std::string upgrade = directory_.file("upgrade");
  std::filesystem::copy_file(LATCHKEY_FAKE_WORKER, upgrade);
  std::filesystem::rename(upgrade, program);
  EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(before) + "/exe"),
            program + " (deleted)");
  supervisor.send_signal(SIGHUP);
  ASSERT_TRUE(supervisor.says("rolling restart is complete"));
  EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(serving_pid()) + "/exe"),
            program);
}

TEST_F(SupervisorTest, ARollBringsNewBounds) {
  SupervisorOptions changing = options({pool("api", 1)});
  changing.reload = [](const Bounds& before) {
    return Bounds{.drain_ms = before.drain_ms, .silence_ms = 1'234};
  };
  ChildProcess supervisor = start(changing);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  supervisor.send_signal(SIGHUP);
  ASSERT_TRUE(supervisor.says("rolling restart is complete"));
  const base::Descriptor peer = test::connect_to(directory_.file("api.sock"));
  static_cast<void>(test::read_line(peer.get()));
  test::send_text(peer.get(), "report");
  EXPECT_NE(test::read_all(peer.get()).find("WATCHDOG_USEC=1234000\n"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::process
