// SPDX-License-Identifier: Apache-2.0
#include "base/processor_wait.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

namespace latchkey::base {
namespace {

class ProcessorWaitTest : public ::testing::Test {
 protected:
  ProcessorWaitTest() {
    const Descriptor made(mkstemp(path_.data()));
    EXPECT_TRUE(made);
    tell("1000 500 1\n");
  }
  ~ProcessorWaitTest() override { unlink(path_.c_str()); }

  void tell(const char* text) const { std::ofstream(path_) << text; }

  std::string path_ = "/tmp/latchkey-schedstat-XXXXXX";
};

TEST_F(ProcessorWaitTest, IsLongFromAThirdOn) {
  ProcessorWait wait(path_.c_str());
  tell("1200 600 2\n");
  EXPECT_TRUE(wait.is_long());
  tell("1401 700 3\n");
  EXPECT_FALSE(wait.is_long());
}

TEST_F(ProcessorWaitTest, CountsSinceTheLastLook) {
  ProcessorWait wait(path_.c_str());
  tell("1000 9000 2\n");
  EXPECT_TRUE(wait.is_long());
  EXPECT_FALSE(wait.is_long()) << "nothing was waited for since";
  tell("2000 9001 3\n");
  EXPECT_FALSE(wait.is_long());
}

TEST_F(ProcessorWaitTest, WhatTheKernelDoesNotTellIsNotLong) {
  ProcessorWait nowhere("/nonexistent");
  EXPECT_FALSE(nowhere.is_long());
  ProcessorWait wait(path_.c_str());
  for (const char* const text :
       {"", "1000", "x 9000 2", "1000 x 2", "99999999999999999999 9000 2"}) {
    tell(text);
    EXPECT_FALSE(wait.is_long()) << text;
  }
}

TEST(ProcessorWait, ReadsWhatTheKernelSaysOfThisProcess) {
  ProcessorWait wait;
  static_cast<void>(wait.is_long());
  std::ifstream file("/proc/self/schedstat");
  long long running_ns = -1;
  long long waiting_ns = -1;
  ASSERT_TRUE(file >> running_ns >> waiting_ns);
  EXPECT_GT(running_ns, 0);
  EXPECT_GE(waiting_ns, 0);
}

}  // namespace
}  // namespace latchkey::base
