// SPDX-License-Identifier: Apache-2.0

// Signs of life: who gives none is replaced, and nobody else.

#include <chrono>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "process/contract.h"
#include "process/supervisor_fixture.h"
#include "process/test_process.h"

namespace latchkey::process {
namespace {

using test::ChildProcess;
using test::SupervisorTest;

TEST_F(SupervisorTest, KillsAWorkerThatHangsInARequestAndReplacesIt) {
  SupervisorOptions watching = options({pool("api", 2)});
  watching.bounds.silence_ms = 500;
  ChildProcess supervisor = start(watching);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const base::Descriptor in_hand = test::connect_to(directory_.file("api.sock"));
  const std::string pid = test::read_line(in_hand.get());
  const std::string killed = supervisor.line_with("worker is killed");
  EXPECT_NE(killed.find("\"pid\":" + pid), std::string::npos) << killed;
  EXPECT_NE(killed.find("no sign of life"), std::string::npos) << killed;
  ASSERT_TRUE(supervisor.says("worker is ready"));
  EXPECT_EQ(test::read_line(in_hand.get()), "") << "the request in hand is lost";
  supervisor.send_signal(SIGTERM);
  EXPECT_EQ(supervisor.wait(), kExitDone);
  EXPECT_EQ(supervisor.rest_of_log().find("is killed"), std::string::npos)
      << "a worker that idles gives signs of life";
}

TEST_F(SupervisorTest, KillsAWorkerThatIsHalted) {
  SupervisorOptions watching = options({pool("api", 1)});
  watching.bounds.silence_ms = 500;
  ChildProcess supervisor = start(watching);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  const pid_t before = serving_pid();
  kill(before, SIGSTOP);
  ASSERT_TRUE(supervisor.says("no sign of life"));
  ASSERT_TRUE(supervisor.says("worker is ready"));
  EXPECT_NE(serving_pid(), before);
}

// More signs of life than the socket holds are lost meanwhile; nobody may be blamed for that, and
// no worker may wait for the supervisor to read them.
TEST_F(SupervisorTest, BlamesNobodyAfterItWasHaltedItself) {
  SupervisorOptions watching = options({pool("api", 16)});
  watching.bounds.silence_ms = 1000;
  ChildProcess supervisor = start(watching);
  ASSERT_TRUE(supervisor.says("every worker is ready"));
  // Idle workers give a sign every 500 ms: whenever the halt begins, sixteen of them fall into it.
  for (const auto halt : {std::chrono::milliseconds(550), std::chrono::milliseconds(2000)}) {
    supervisor.send_signal(SIGSTOP);
    const auto end = std::chrono::steady_clock::now() + halt;
    while (std::chrono::steady_clock::now() < end) ASSERT_GT(serving_pid(), 0);
    supervisor.send_signal(SIGCONT);
    // Past every bound that began before the halt.
    const auto judged = std::chrono::steady_clock::now() + std::chrono::milliseconds(1100);
    while (std::chrono::steady_clock::now() < judged) ASSERT_GT(serving_pid(), 0);
  }
  supervisor.send_signal(SIGTERM);
  EXPECT_EQ(supervisor.wait(), kExitDone);
  EXPECT_EQ(supervisor.rest_of_log().find("is killed"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::process
