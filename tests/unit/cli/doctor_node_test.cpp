// SPDX-License-Identifier: Apache-2.0
//
// What belongs to the node: settings, key, segment, breaker, workers.
#include "cli/doctor_node.h"

#include <string>

#include <gtest/gtest.h>

#include "cli/doctor_settings.h"
#include "doubles/fake_clock.h"

namespace latchkey::cli {
namespace {

TEST(JudgeSettings, EveryFaultAndEveryWarningIsAFindingOfItsOwn) {
  config::Examination examination;
  const Findings good = judge_settings(examination);
  ASSERT_EQ(good.size(), 1U);
  EXPECT_EQ(good[0].mark, Mark::kOk);

  examination.errors = {"A: is wrong", "B: is wrong"};
  examination.settings.warnings = {"C is low"};
  const Findings bad = judge_settings(examination);
  ASSERT_EQ(bad.size(), 3U);
  EXPECT_EQ(bad[0].mark, Mark::kFailure);
  EXPECT_EQ(bad[0].found, "A: is wrong.");
  EXPECT_EQ(bad[1].mark, Mark::kFailure);
  EXPECT_EQ(bad[2].mark, Mark::kWarning);
  EXPECT_EQ(bad[2].found, "C is low.");
}

TEST(JudgeKey, GoesByLengthAndByHowManyBytesDiffer) {
  EXPECT_EQ(judge_key("").mark, Mark::kFailure);
  EXPECT_EQ(judge_key("abcdefghabcdefghabcdefghabcdefgx").mark, Mark::kWarning);  // 101 bits
  EXPECT_EQ(judge_key("8f14e45fceea167a5a36dedd4bea2543").mark, Mark::kOk);       // half of SHA-256
  EXPECT_EQ(judge_key("Zq3vN8rT5yUiOpAsDfGhJkLzXcVbNm0172").mark, Mark::kOk);
}

TEST(JudgeKey, ShowsNothingOfIt) {
  const Finding finding = judge_key("Zq3vN8rT5yUiOpAsDfGhJkLzXcVbNm0172");
  EXPECT_EQ(finding.found, "JWT_SECRET_KEY has 34 bytes, and enough different ones.");
}

TEST(BitsOf, CountsWhatAByteCanSayAtMost) {
  EXPECT_EQ(bits_of(""), 0);
  EXPECT_EQ(bits_of("aaaa"), 0);
  EXPECT_EQ(bits_of("abab"), 4);
}

NodeLook with(shm::BreakerState state) { return {.breaker = {.state = state}}; }

TEST(JudgeBreaker, OpenIsAFailureThatNamesItsRunbook) {
  EXPECT_EQ(judge_breaker(with(shm::BreakerState::kClosed)).mark, Mark::kOk);
  EXPECT_EQ(judge_breaker(with(shm::BreakerState::kHalfOpen)).mark, Mark::kWarning);
  const Finding open = judge_breaker(with(shm::BreakerState::kOpen));
  EXPECT_EQ(open.mark, Mark::kFailure);
  EXPECT_NE(open.advice.find("LatchkeyBreakerOpen"), std::string::npos);
}

TEST(JudgeNode, ASegmentThatCannotBeOpenedLeavesTheRestUnknown) {
  const NodeLook look{.refusal = "shared segment /x: open: Permission denied"};
  const Finding segment = judge_segment("/x", look);
  EXPECT_EQ(segment.mark, Mark::kFailure);
  EXPECT_NE(segment.found.find("Permission denied"), std::string::npos);
  EXPECT_EQ(judge_breaker(look).mark, Mark::kCouldNotAsk);
  const Findings workers = judge_workers(look, false);
  ASSERT_EQ(workers.size(), 1U);
  EXPECT_EQ(workers[0].mark, Mark::kCouldNotAsk);
}

TEST(JudgeWorkers, EachPoolNeedsOneUnlessIdleOnesLeave) {
  const NodeLook look{.workers = {{.pool = 0, .slot = 1}, {.pool = 0, .slot = 2}}};
  Findings findings = judge_workers(look, false);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0], ok("api", "2 workers."));
  EXPECT_EQ(findings[1].check, "hash");
  EXPECT_EQ(findings[1].mark, Mark::kFailure);
  findings = judge_workers(look, true);
  EXPECT_EQ(findings[1].mark, Mark::kWarning);
}

TEST(LookAtNode, WhatIsNotThereIsNotMade) {
  const doubles::FakeClock clock;
  config::Settings settings;
  EXPECT_EQ(look_at_node(settings, clock).refusal, "there is no RUNTIME_DIR");
  settings.runtime_dir = "/nonexistent";
  EXPECT_NE(look_at_node(settings, clock).refusal, "");
}

}  // namespace
}  // namespace latchkey::cli
