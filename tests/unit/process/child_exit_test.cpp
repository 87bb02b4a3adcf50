// SPDX-License-Identifier: Apache-2.0
#include "process/child_exit.h"

#include <csignal>

#include <gtest/gtest.h>

#include "process/contract.h"

namespace latchkey::process {
namespace {

// As wait(2) packs them.
constexpr int status_of_exit(int code) { return code << 8; }

TEST(ChildExitTest, IsCleanWhenTheWorkerMeantToLeave) {
  for (const int code : {kExitDone, kExitIdle}) {
    EXPECT_EQ(ChildExit::from_wait_status(status_of_exit(code)).kind, ChildExit::Kind::kClean);
  }
}

TEST(ChildExitTest, SaysWhatACodeMeans) {
  EXPECT_EQ(ChildExit::from_wait_status(status_of_exit(kExitIdle)).describe(),
            "exit code 75 (idle)");
  const ChildExit wrong_settings = ChildExit::from_wait_status(status_of_exit(kExitConfiguration));
  EXPECT_EQ(wrong_settings.kind, ChildExit::Kind::kFailed);
  EXPECT_EQ(wrong_settings.describe(), "exit code 78 (configuration)");
  EXPECT_EQ(ChildExit::from_wait_status(status_of_exit(1)).describe(), "exit code 1");
}

TEST(ChildExitTest, NamesTheSignal) {
  const ChildExit killed = ChildExit::from_wait_status(SIGKILL);
  EXPECT_EQ(killed.kind, ChildExit::Kind::kSignalled);
  EXPECT_EQ(killed.describe(), "signal 9 (KILL)");
}

}  // namespace
}  // namespace latchkey::process
