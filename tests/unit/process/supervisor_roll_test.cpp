// SPDX-License-Identifier: Apache-2.0

// The rolling restart: to the program and the settings of now, without a gap.

#include <csignal>
#include <filesystem>
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
