// SPDX-License-Identifier: Apache-2.0
#include "process/supervisor.h"

#include <csignal>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "process/contract.h"
#include "process/spawn.h"
#include "process/supervisor_fixture.h"
#include "process/test_process.h"

namespace latchkey::process {
namespace {

using test::ChildProcess;
using test::EndOfProcess;
using test::SupervisorTest;

TEST_F(SupervisorTest, StartsServesAndDrains) {
  ChildProcess supervisor = start(options({pool("api", 2), pool("hash", 1)}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const pid_t api = serving_pid("api");
  const pid_t hash = serving_pid("hash");
  EXPECT_GT(api, 0);
  EXPECT_GT(hash, 0);
  const EndOfProcess api_end(api);
  supervisor.send_signal(SIGTERM);
  EXPECT_EQ(supervisor.wait(), kExitDone);
  EXPECT_TRUE(api_end.arrives());
  const std::string log = supervisor.rest_of_log();
  EXPECT_EQ(log.find("WARNING"), std::string::npos) << log;
  EXPECT_EQ(log.find("ERROR"), std::string::npos) << log;
  std::set<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
    left.insert(entry.path().filename());
  EXPECT_EQ(left, std::set<std::string>{"supervisor.lock"});
}

// A mask of /proc/PID/status.
std::uint64_t signal_mask_in(const std::string& report, const std::string& name) {
  const std::size_t at = report.find(name);
  return at == std::string::npos ? ~std::uint64_t{0}
                                 : std::stoull(report.substr(at + name.size()), nullptr, 16);
}

TEST_F(SupervisorTest, StartsWorkersByTheContract) {
  setenv("KEPT_VARIABLE", "kept", 1);
  setenv("WATCHDOG_USEC", "1000000", 1);
  ChildProcess supervisor = start(options({pool("api", 1)}));
  unsetenv("WATCHDOG_USEC");
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const base::Descriptor peer = test::connect_to(directory_.file("api.sock"));
  const std::string pid = test::read_line(peer.get());
  test::send_text(peer.get(), "report");
  const std::string report = test::read_all(peer.get());
  for (const std::string& line :
       {std::string("LISTEN_FDS=1"), "LISTEN_PID=" + pid, std::string("LISTEN_FDNAMES=api"),
        std::string("WATCHDOG_USEC=(unset)"), std::string("KEPT_VARIABLE=kept"), "pid=" + pid,
        std::string("stdin=/dev/null"), std::string("descriptors=0 1 2 3 "),
        std::string("SigBlk:\t0000000000000000")})
    EXPECT_NE(report.find(line + "\n"), std::string::npos) << line << " is not in\n" << report;
  // Signals 32 and 33 are the C library's own: whoever starts the tests may have them ignored, and
  // sigaction(2) of the C library refuses to change that.
  EXPECT_EQ(signal_mask_in(report, "SigIgn:") & ~std::uint64_t{0x1'8000'0000}, 0U) << report;
}

TEST_F(SupervisorTest, ReplacesAWorkerThatWasKilled) {
  ChildProcess supervisor = start(options({pool("api", 1)}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  pid_t before = serving_pid();
  for (int i = 0; i < 3; ++i) {
    kill(before, SIGKILL);
    EXPECT_NE(supervisor.line_with("worker died").find("signal 9 (KILL)"), std::string::npos);
    ASSERT_TRUE(supervisor.says("worker is ready"));
    const pid_t after = serving_pid();
    EXPECT_GT(after, 0);
    EXPECT_NE(after, before);
    before = after;
  }
}

TEST_F(SupervisorTest, BacksOffFromAWorkerThatCannotStartAndRecovers) {
  const std::string settings = directory_.file("settings");
  ChildProcess supervisor =
      start(options({pool("api", 1, {"serve-if", settings}), pool("hash", 1)}));
  for (const std::string level : {"WARNING", "WARNING", "ERROR"}) {
    const std::string line = supervisor.line_with("worker died early");
    EXPECT_NE(line.find(level), std::string::npos) << line;
    EXPECT_NE(line.find("exit code 78 (configuration)"), std::string::npos) << line;
  }
  EXPECT_GT(serving_pid("hash"), 0) << "the other pool is not affected";
  std::ofstream(settings) << "good";
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  EXPECT_GT(serving_pid("api"), 0);
}

TEST_F(SupervisorTest, AProgramThatIsNotThereIsAFailedStart) {
  PoolOptions missing = pool("api", 1);
  missing.command[0] = directory_.file("no-such-program");
  ChildProcess supervisor = start(options({missing}));
  EXPECT_NE(supervisor.line_with("worker died early").find("could not be executed"),
            std::string::npos);
  supervisor.send_signal(SIGTERM);
  EXPECT_EQ(supervisor.wait(), kExitDone);
}

TEST_F(SupervisorTest, DrainWaitsForTheRequestInHandAndRefusesNewOnes) {
  ChildProcess supervisor = start(options({pool("api", 1)}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const std::string path = directory_.file("api.sock");
  const base::Descriptor in_hand = test::connect_to(path);
  ASSERT_FALSE(test::read_line(in_hand.get()).empty());
  supervisor.send_signal(SIGINT);
  ASSERT_TRUE(supervisor.says("draining"));
  supervisor.send_signal(SIGHUP);  // no way back
  supervisor.send_signal(SIGTTIN);
  test::send_text(in_hand.get(), "go");
  EXPECT_EQ(test::read_line(in_hand.get()), "bye");
  EXPECT_EQ(supervisor.wait(), kExitDone);
  EXPECT_FALSE(test::connect_to(path));
}

TEST_F(SupervisorTest, AnInterruptFromTheTerminalReachesWorkersTooAndIsNoDeath) {
  const SupervisorOptions many = options({pool("api", 8)});
  ChildProcess supervisor([&] {
    setpgid(0, 0);
    base::configure_logging(base::LogLevel::kInfo, "supervisor");
    const base::SystemClock clock;
    return Supervisor(many, clock).run();
  });
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  kill(-supervisor.pid(), SIGINT);
  EXPECT_EQ(supervisor.wait(), kExitDone);
  const std::string log = supervisor.rest_of_log();
  EXPECT_EQ(log.find("worker started"), std::string::npos) << log;
  EXPECT_EQ(log.find("WARNING"), std::string::npos) << log;
}

TEST_F(SupervisorTest, MakesItsDirectory) {
  SupervisorOptions nested = options({pool("api", 1)});
  nested.runtime_dir = directory_.file("run");
  nested.pools[0].socket_path = nested.runtime_dir + "/api.sock";
  ChildProcess supervisor = start(nested);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  struct stat directory {};
  ASSERT_EQ(stat(nested.runtime_dir.c_str(), &directory), 0);
  EXPECT_EQ(directory.st_mode & 0007, 0U);
}

TEST_F(SupervisorTest, AnUnusableDirectoryIsAnErrorThatNamesIt) {
  SupervisorOptions lost = options({pool("api", 1)});
  lost.runtime_dir = directory_.file("no/such");
  ChildProcess supervisor = start(lost);
  EXPECT_TRUE(supervisor.says("mkdir " + lost.runtime_dir));
  EXPECT_EQ(supervisor.wait(), kExitOsError);
}

TEST_F(SupervisorTest, KillsWhoDoesNotLeaveWithinTheBound) {
  SupervisorOptions bounded = options({pool("api", 1, {"stubborn"})});
  bounded.bounds.drain_ms = 100;
  ChildProcess supervisor = start(bounded);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  supervisor.send_signal(SIGTERM);
  EXPECT_TRUE(supervisor.says("did not leave in time"));
  EXPECT_EQ(supervisor.wait(), kExitDone);
}

TEST_F(SupervisorTest, QuitDoesNotWait) {
  ChildProcess supervisor = start(options({pool("api", 1, {"stubborn"})}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  supervisor.send_signal(SIGTERM);
  ASSERT_TRUE(supervisor.says("draining"));
  supervisor.send_signal(SIGQUIT);
  EXPECT_EQ(supervisor.wait(), kExitDone);
}

TEST_F(SupervisorTest, LeavesNoOrphanAndCanBeStartedAgain) {
  for (const std::string mode : {"serve", "mute"}) {
    ChildProcess supervisor = start(options({pool("api", 1, {mode})}));
    const std::string line = supervisor.line_with("worker started");
    const pid_t worker = std::stoi(line.substr(line.find("\"pid\":") + 6));
    ASSERT_TRUE(mode == "mute" || supervisor.says("every worker is ready"));
    const EndOfProcess worker_end(worker);
    supervisor.send_signal(SIGKILL);
    EXPECT_EQ(supervisor.wait(), -SIGKILL);
    EXPECT_TRUE(worker_end.arrives());
  }
  ChildProcess supervisor = start(options({pool("api", 1)}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  EXPECT_GT(serving_pid(), 0);
}

TEST_F(SupervisorTest, TwoOnOneDirectoryRefuse) {
  ChildProcess first = start(options({pool("api", 1)}));
  ASSERT_TRUE(first.says("every worker is ready"));
  ChildProcess second = start(options({pool("api", 1)}));
  EXPECT_TRUE(second.says("is in use by process " + std::to_string(first.pid())));
  EXPECT_EQ(second.wait(), kExitOsError);
  EXPECT_GT(serving_pid(), 0);
}

TEST_F(SupervisorTest, GrowsAndShrinksTheFirstPool) {
  ChildProcess supervisor = start(options({pool("api", 1), pool("hash", 1)}));
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  supervisor.send_signal(SIGTTIN);
  const std::string started = supervisor.line_with("worker started");
  EXPECT_NE(started.find(R"("pool":"api","slot":2)"), std::string::npos) << started;
  ASSERT_TRUE(supervisor.says("worker is ready"));
  supervisor.send_signal(SIGTTOU);
  const std::string left = supervisor.line_with("worker left");
  EXPECT_NE(left.find(R"("pool":"api","slot":2)"), std::string::npos) << left;
  supervisor.send_signal(SIGTTOU);
  EXPECT_TRUE(supervisor.says("pool is at its limit"));
}

TEST_F(SupervisorTest, TellsItsOwnParentWhenEveryWorkerIsReady) {
  NotifySocket parent(directory_.file("parent.sock"));
  setenv("NOTIFY_SOCKET", parent.path().c_str(), 1);
  ChildProcess supervisor = start(options({pool("api", 2)}));
  unsetenv("NOTIFY_SOCKET");
  ASSERT_TRUE(test::is_readable(parent.fd()));
  const std::optional<Notification> ready = parent.next();
  ASSERT_TRUE(ready && ready->ready);
  EXPECT_EQ(ready->sender, supervisor.pid()) << "a worker has told the supervisor's parent";
  supervisor.send_signal(SIGTERM);
  ASSERT_TRUE(test::is_readable(parent.fd()));
  const std::optional<Notification> stopping = parent.next();
  EXPECT_TRUE(stopping && stopping->stopping);
  EXPECT_EQ(supervisor.wait(), kExitDone);
}

TEST_F(SupervisorTest, IgnoresMessagesThatNoWorkerOfItsHasSent) {
  ChildProcess supervisor = start(options({pool("api", 1, {"mute"})}));
  ASSERT_TRUE(supervisor.says("worker started"));
  const sockaddr_un address = unix_address(directory_.file("notify.sock"));
  const base::Descriptor fd(socket(AF_UNIX, SOCK_DGRAM, 0));
  for (const std::string_view text : {"READY=1", "", "\n\n", "READY=1\nWATCHDOG=1\n"})
    EXPECT_EQ(sendto(fd.get(), text.data(), text.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address),
              static_cast<ssize_t>(text.size()));
  supervisor.send_signal(SIGTERM);
  EXPECT_EQ(supervisor.wait(), kExitDone);
  EXPECT_EQ(supervisor.rest_of_log().find("is ready"), std::string::npos);
}

TEST_F(SupervisorTest, RefusesOptionsThatMakeNoSense) {
  EXPECT_THROW(checked(options({})), std::invalid_argument);
  EXPECT_THROW(checked(options({pool("api", 0)})), std::invalid_argument);
  EXPECT_THROW(checked(options({pool("api", kMaxWorkersPerPool + 1)})), std::invalid_argument);
  PoolOptions without_command = pool("api", 1);
  without_command.command.clear();
  EXPECT_THROW(checked(options({without_command})), std::invalid_argument);
}

TEST(OwnProgramPath, NamesThisProgram) {
  EXPECT_EQ(std::filesystem::path(own_program_path()).filename(), "unit_process");
}

}  // namespace
}  // namespace latchkey::process
