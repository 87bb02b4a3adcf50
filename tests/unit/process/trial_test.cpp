// SPDX-License-Identifier: Apache-2.0
#include "process/trial.h"

#include <cerrno>
#include <sys/wait.h>
#include <system_error>

#include <gtest/gtest.h>

#include "process/test_process.h"

namespace latchkey::process {
namespace {

// To the end of the child, as the supervisor's loop goes.
std::optional<std::string> refusal_of(Trial& trial) {
  const test::EndOfProcess end(trial.pid());
  while (trial.fd() >= 0 && test::is_readable(trial.fd(), 100)) trial.read();
  EXPECT_TRUE(end.arrives());
  int status = 0;
  waitpid(trial.pid(), &status, 0);
  return trial.refusal(ChildExit::from_wait_status(status));
}

std::optional<std::string> refusal_of_script(const std::string& script) {
  Trial trial({"/bin/sh", "-c", script}, 0);
  return refusal_of(trial);
}

TEST(Trial, AProgramThatIsContentIsNoRefusal) {
  EXPECT_EQ(refusal_of_script("echo nobody reads this; echo nor this >&2"), std::nullopt);
}

TEST(Trial, TheEnvironmentIsTheOneThatIsGiven) {
  const char* const environment[]{"REASON=given", nullptr};
  Trial trial({"/bin/sh", "-c", "echo \"$REASON\" >&2; exit 1"}, 0, environment);
  EXPECT_EQ(refusal_of(trial), "given");
}

TEST(Trial, TheReasonIsWhatTheProgramSaysOnOneLine) {
  EXPECT_EQ(refusal_of_script("printf 'wrong:\\n  - A is\\n  - B is\\n' >&2; exit 78"),
            "wrong: - A is - B is");
}

TEST(Trial, AMuteProgramIsDescribedByItsEnd) {
  EXPECT_EQ(refusal_of_script("exit 78"), "exit code 78 (configuration)");
  EXPECT_EQ(refusal_of_script("kill -9 $$"), "signal 9 (KILL)");
}

TEST(Trial, AProgramThatIsNotThereIsAnErrorThatNamesIt) {
  try {
    const Trial trial({"/no/such/program"}, 0);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
    EXPECT_NE(std::string(error.what()).find("/no/such/program"), std::string::npos);
  }
}

TEST(Trial, TheReasonIsBounded) {
  const auto reason = refusal_of_script("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1");
  ASSERT_TRUE(reason);
  EXPECT_EQ(*reason, std::string(kLongestReason, 'x'));
}

TEST(Trial, OneThatTakesTooLongIsKilled) {
  Trial trial({"/bin/sh", "-c", "exec sleep 60"}, 1000);
  EXPECT_EQ(trial.ends_at_ms(), 1000 + kTrialBoundMs);
  trial.kill();
  EXPECT_EQ(trial.ends_at_ms(), std::nullopt);
  EXPECT_EQ(refusal_of(trial), "the program did not end in time");
}

TEST(Trial, SignalsAreNotInherited) {
  EXPECT_EQ(refusal_of_script("grep -q 'SigBlk:.*[1-9]' /proc/self/status && exit 1; exit 0"),
            std::nullopt);
}

}  // namespace
}  // namespace latchkey::process
