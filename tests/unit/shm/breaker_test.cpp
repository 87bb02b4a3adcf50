// SPDX-License-Identifier: Apache-2.0
#include "shm/breaker.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/log.h"
#include "shm/breaker_log.h"
#include "shm/fake_clock.h"

namespace latchkey::shm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr BreakerOptions kOptions{
    .threshold = 3, .timeout_ms = 1000, .half_open_max_calls = 1, .lease_ms = 200};

class BreakerTest : public testing::Test {
 protected:
  Breaker make(const BreakerOptions& options) {
    return {record_, options, clock_,
            [this](const BreakerChange& change) { changes_.push_back(change.transition); }};
  }

  static Permit granted(Breaker& breaker) {
    auto answer = breaker.admit();
    EXPECT_TRUE(std::holds_alternative<Permit>(answer));
    return std::move(std::get<Permit>(answer));
  }
  // How long a caller is told to wait; 0 if it was admitted.
  static std::int64_t refused_for(Breaker& breaker) {
    auto answer = breaker.admit();
    const auto* refusal = std::get_if<Refusal>(&answer);
    return refusal == nullptr ? 0 : refusal->retry_after_ms;
  }
  static void fail_calls(Breaker& breaker, int times) {
    for (int i = 0; i < times; ++i) {
      granted(breaker).report_failure();
    }
  }
  // From fresh to the moment when the next call is a probe.
  void open_and_wait(Breaker& breaker, const BreakerOptions& options) {
    fail_calls(breaker, static_cast<int>(options.threshold));
    EXPECT_EQ(breaker.state(), BreakerState::kOpen);
    clock_.advance_ms(options.timeout_ms);
  }

  BreakerRecord record_{};
  FakeClock clock_;
  std::vector<BreakerTransition> changes_;
  Breaker breaker_{record_, kOptions, clock_,
                   [this](const BreakerChange& change) { changes_.push_back(change.transition); }};
};

TEST_F(BreakerTest, RefusesOptionsOutOfRange) {
  EXPECT_THROW(Breaker(record_, {.threshold = 0}, clock_), base::Error);
}

TEST_F(BreakerTest, ClosedAdmitsEveryCallAndWritesNothingWhileAllIsWell) {
  Permit first = granted(breaker_);
  Permit second = granted(breaker_);
  EXPECT_FALSE(first.ticket().is_probe);
  first.report_success();
  second.report_success();
  EXPECT_EQ(record_.word.load(), 0U);
  EXPECT_THAT(changes_, IsEmpty());
}

TEST_F(BreakerTest, OpensAtTheThreshold) {
  fail_calls(breaker_, 2);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker_.view().failures, 2U);
  fail_calls(breaker_, 1);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  EXPECT_EQ(refused_for(breaker_), 1000);
  EXPECT_THAT(changes_, ElementsAre(BreakerTransition::kOpened));
}

TEST_F(BreakerTest, ASuccessBetweenFailuresStartsTheCountAgain) {
  fail_calls(breaker_, 2);
  granted(breaker_).report_success();
  EXPECT_EQ(breaker_.view().failures, 0U);
  fail_calls(breaker_, 2);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, AnAbandonedCallSaysNothing) {
  fail_calls(breaker_, 2);
  { const Permit permit = granted(breaker_); }
  EXPECT_EQ(breaker_.view().failures, 2U);
}

TEST_F(BreakerTest, FailuresOfAllProcessesCountTogether) {
  Breaker other = make(kOptions);
  fail_calls(breaker_, 2);
  fail_calls(other, 1);
  EXPECT_GT(refused_for(breaker_), 0);
  EXPECT_GT(refused_for(other), 0);
  EXPECT_THAT(changes_, ElementsAre(BreakerTransition::kOpened));
}

TEST_F(BreakerTest, AThresholdOfOneOpensAtOnce) {
  Breaker breaker = make({.threshold = 1, .timeout_ms = 10, .lease_ms = 5});
  fail_calls(breaker, 1);
  EXPECT_EQ(refused_for(breaker), 10);
}

TEST_F(BreakerTest, OpenRefusesUntilTheLastMillisecond) {
  fail_calls(breaker_, 3);
  clock_.advance_ms(999);
  EXPECT_EQ(refused_for(breaker_), 1);
  EXPECT_EQ(breaker_.view().remaining_ms, 1);
  clock_.advance_ms(1);
  EXPECT_EQ(breaker_.view().remaining_ms, 0);
  EXPECT_EQ(breaker_.state(), BreakerState::kOpen);
  const Permit probe = granted(breaker_);
  EXPECT_TRUE(probe.ticket().is_probe);
  EXPECT_EQ(breaker_.state(), BreakerState::kHalfOpen);
  EXPECT_EQ(breaker_.view().probes, 1U);
}

TEST_F(BreakerTest, AProbeThatSucceedsCloses) {
  open_and_wait(breaker_, kOptions);
  granted(breaker_).report_success();
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker_.view().failures, 0U);
  fail_calls(breaker_, 2);
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_THAT(changes_, ElementsAre(BreakerTransition::kOpened, BreakerTransition::kHalfOpened,
                                    BreakerTransition::kClosed));
}

TEST_F(BreakerTest, AProbeThatFailsOpensForAWholeTimeout) {
  open_and_wait(breaker_, kOptions);
  Permit probe = granted(breaker_);
  clock_.advance_ms(150);
  probe.report_failure();
  EXPECT_EQ(refused_for(breaker_), 1000);
  EXPECT_THAT(changes_, ElementsAre(BreakerTransition::kOpened, BreakerTransition::kHalfOpened,
                                    BreakerTransition::kOpened));
}

class BreakerProbes : public BreakerTest, public testing::WithParamInterface<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(OneToThree, BreakerProbes, testing::Values(1U, 2U, 3U));

TEST_P(BreakerProbes, AreLimitedAndTheRestIsRefusedForTheLeaseAtMost) {
  const BreakerOptions options{
      .threshold = 3, .timeout_ms = 1000, .half_open_max_calls = GetParam(), .lease_ms = 200};
  Breaker breaker = make(options);
  open_and_wait(breaker, options);
  std::vector<Permit> probes;
  for (std::uint32_t i = 0; i < GetParam(); ++i) {
    probes.push_back(granted(breaker));
  }
  EXPECT_EQ(refused_for(breaker), 200);
  clock_.advance_ms(30);
  EXPECT_EQ(refused_for(breaker), 170);
  probes.back().report_success();
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_P(BreakerProbes, AreGivenBackWhenAbandoned) {
  const BreakerOptions options{
      .threshold = 1, .timeout_ms = 1000, .half_open_max_calls = GetParam(), .lease_ms = 200};
  Breaker breaker = make(options);
  open_and_wait(breaker, options);
  for (int round = 0; round < 3; ++round) {
    std::vector<Permit> probes;
    for (std::uint32_t i = 0; i < GetParam(); ++i) {
      probes.push_back(granted(breaker));
    }
    EXPECT_GT(refused_for(breaker), 0);
  }
  EXPECT_EQ(breaker.view().probes, 0U);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  // All given back: no lease to wait for, and none that could be lost.
  clock_.advance_ms(10'000);
  EXPECT_EQ(refused_for(breaker), 0);
  EXPECT_EQ(record_.probes_lost.load(), 0U);
}

TEST_P(BreakerProbes, ThatAreLostComeBackWhenTheLastLeaseEnds) {
  const BreakerOptions options{
      .threshold = 1, .timeout_ms = 1000, .half_open_max_calls = GetParam(), .lease_ms = 200};
  Breaker breaker = make(options);
  open_and_wait(breaker, options);
  std::vector<Permit> lost;
  for (std::uint32_t i = 0; i < GetParam(); ++i) {
    clock_.advance_ms(50);
    lost.push_back(granted(breaker));
  }
  clock_.advance_ms(199);
  EXPECT_EQ(refused_for(breaker), 1);
  clock_.advance_ms(1);
  Permit fresh = granted(breaker);
  EXPECT_EQ(changes_.back(), BreakerTransition::kProbesLost);
  EXPECT_EQ(breaker.view().probes, 1U);
  // Their holders were slow, not dead: nothing they say matters now.
  lost.front().report_failure();
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  lost.clear();
  EXPECT_EQ(breaker.view().probes, 1U);
  fresh.report_success();
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, ALeaseThatIsOverStillCountsIfNobodyTookThePlace) {
  open_and_wait(breaker_, kOptions);
  Permit probe = granted(breaker_);
  clock_.advance_ms(5000);
  probe.report_success();
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, OneLostProbeOfTwoDoesNotHoldTheOther) {
  const BreakerOptions options{
      .threshold = 1, .timeout_ms = 1000, .half_open_max_calls = 2, .lease_ms = 200};
  Breaker breaker = make(options);
  open_and_wait(breaker, options);
  const Permit lost = granted(breaker);
  Permit live = granted(breaker);
  live.report_success();
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, TheFirstVerdictOfAPeriodDecides) {
  const BreakerOptions options{
      .threshold = 1, .timeout_ms = 1000, .half_open_max_calls = 3, .lease_ms = 200};
  Breaker breaker = make(options);
  open_and_wait(breaker, options);
  Permit first = granted(breaker);
  Permit second = granted(breaker);
  Permit third = granted(breaker);
  first.report_failure();
  const std::uint64_t word = record_.word.load();
  second.report_success();
  third.abandon();
  EXPECT_EQ(record_.word.load(), word);
}

TEST_F(BreakerTest, ReportsFromBeforeTheOutageChangeNothing) {
  Permit slow_failure = granted(breaker_);
  Permit slow_success = granted(breaker_);
  Permit hung = granted(breaker_);
  fail_calls(breaker_, 3);
  std::uint64_t word = record_.word.load();
  slow_failure.report_failure();
  slow_success.report_success();
  EXPECT_EQ(record_.word.load(), word);

  clock_.advance_ms(1000);
  granted(breaker_).report_success();
  word = record_.word.load();
  hung.report_failure();
  EXPECT_EQ(record_.word.load(), word);
}

TEST_F(BreakerTest, APermitReportsOnce) {
  Permit permit = granted(breaker_);
  permit.report_failure();
  permit.report_failure();
  permit.report_success();
  permit.abandon();
  EXPECT_EQ(breaker_.view().failures, 1U);
  Permit moved = std::move(permit);
  moved.report_failure();
  EXPECT_EQ(breaker_.view().failures, 1U);
}

TEST_F(BreakerTest, APermitAssignedOverIsAbandoned) {
  const BreakerOptions options{
      .threshold = 1, .timeout_ms = 1000, .half_open_max_calls = 2, .lease_ms = 200};
  Breaker breaker = make(options);
  open_and_wait(breaker, options);
  Permit first = granted(breaker);
  Permit second = granted(breaker);
  first = std::move(second);
  EXPECT_EQ(breaker.view().probes, 1U);
  first.report_success();
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(BreakerTest, ResetClosesAnOpenCircuit) {
  fail_calls(breaker_, 3);
  breaker_.reset();
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_EQ(refused_for(breaker_), 0);
  EXPECT_THAT(changes_, ElementsAre(BreakerTransition::kOpened, BreakerTransition::kReset));
}

TEST_F(BreakerTest, ResetForgetsFailuresWithoutATransition) {
  fail_calls(breaker_, 2);
  breaker_.reset();
  EXPECT_EQ(breaker_.view().failures, 0U);
  EXPECT_THAT(changes_, IsEmpty());
}

TEST_F(BreakerTest, ResetLeavesProbesBehind) {
  open_and_wait(breaker_, kOptions);
  Permit probe = granted(breaker_);
  breaker_.reset();
  probe.report_failure();
  EXPECT_EQ(breaker_.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker_.view().failures, 0U);
}

TEST_F(BreakerTest, CountsWhatHappens) {
  open_and_wait(breaker_, kOptions);
  granted(breaker_).report_failure();
  EXPECT_GT(refused_for(breaker_), 0);
  EXPECT_GT(refused_for(breaker_), 0);
  clock_.advance_ms(1000);
  const Permit lost = granted(breaker_);
  clock_.advance_ms(200);
  granted(breaker_).report_success();
  fail_calls(breaker_, 3);
  breaker_.reset();
  const BreakerView view = breaker_.view();
  EXPECT_EQ(view.opened, 3U);
  EXPECT_EQ(view.half_opened, 2U);
  EXPECT_EQ(view.probes_lost, 1U);
  EXPECT_EQ(view.closed, 1U);
  EXPECT_EQ(view.reset, 1U);
  EXPECT_EQ(view.refused, 2U);
  EXPECT_EQ(changes_.size(), 8U);
}

TEST_F(BreakerTest, AProcessWithShorterSettingsDecidesByItsOwn) {
  Breaker other = make({.threshold = 2, .timeout_ms = 100, .lease_ms = 50});
  fail_calls(breaker_, 3);
  EXPECT_GT(refused_for(breaker_), 0);
  EXPECT_EQ(refused_for(other), 0);
}

TEST_F(BreakerTest, EveryTransitionIsOneLogLine) {
  base::configure_logging(base::LogLevel::kDebug, "test");
  Breaker breaker(record_, kOptions, clock_, log_changes("database"));
  testing::internal::CaptureStderr();
  open_and_wait(breaker, kOptions);
  granted(breaker).report_failure();
  clock_.advance_ms(1000);
  const Permit lost = granted(breaker);
  clock_.advance_ms(200);
  granted(breaker).report_success();
  fail_calls(breaker, 3);
  breaker.reset();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 8) << log;
  EXPECT_THAT(log, testing::HasSubstr("\"breaker\":\"database\""));
  EXPECT_THAT(log, testing::HasSubstr("\"state_before\":\"half_open\",\"state\":\"closed\""));
  EXPECT_THAT(log, testing::HasSubstr("\"wait_ms\":1000"));
}

}  // namespace
}  // namespace latchkey::shm
