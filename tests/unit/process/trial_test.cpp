// SPDX-License-Identifier: Apache-2.0
#include "process/trial.h"

#include <gtest/gtest.h>

namespace latchkey::process {
namespace {

std::optional<std::string> refusal_of_script(const std::string& script) {
  return refusal_of({"/bin/sh", "-c", script});
}

TEST(Trial, AProgramThatIsContentIsNoRefusal) {
  EXPECT_EQ(refusal_of_script("echo nobody reads this; echo nor this >&2"), std::nullopt);
}

TEST(Trial, TheReasonIsWhatTheProgramSaysOnOneLine) {
  EXPECT_EQ(refusal_of_script("printf 'wrong:\\n  - A is\\n  - B is\\n' >&2; exit 78"),
            "wrong: - A is - B is");
}

TEST(Trial, AMuteProgramIsDescribedByItsEnd) {
  EXPECT_EQ(refusal_of_script("exit 78"), "exit code 78 (configuration)");
  EXPECT_EQ(refusal_of_script("kill -9 $$"), "signal 9 (KILL)");
}

TEST(Trial, AProgramThatIsNotThereIsARefusal) {
  EXPECT_EQ(refusal_of({"/no/such/program"}), "/no/such/program: No such file or directory");
}

TEST(Trial, TheReasonIsBounded) {
  const auto reason = refusal_of_script("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1");
  ASSERT_TRUE(reason);
  EXPECT_EQ(*reason, std::string(kLongestReason, 'x'));
}

TEST(Trial, ChildrenThatTheProgramLeavesBehindAreNotWaitedFor) {
  EXPECT_EQ(refusal_of_script("sleep 60 & echo done >&2; exit 1"), "done");
}

TEST(Trial, SignalsAreNotInherited) {
  EXPECT_EQ(refusal_of_script("grep -q 'SigBlk:.*[1-9]' /proc/self/status && exit 1; exit 0"),
            std::nullopt);
}

}  // namespace
}  // namespace latchkey::process
