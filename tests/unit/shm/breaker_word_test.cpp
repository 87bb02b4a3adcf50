// SPDX-License-Identifier: Apache-2.0
#include "shm/breaker_word.h"

#include <algorithm>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

namespace latchkey::shm {
namespace {

constexpr BreakerEvent kAdmit{.kind = BreakerEvent::Kind::kAdmit};

TEST(BreakerWord, ZeroIsClosedAndFresh) {
  EXPECT_EQ(BreakerWord::unpack(0), BreakerWord{});
  EXPECT_EQ(BreakerWord{}.pack(), 0U);
}

TEST(BreakerWord, EveryFieldSurvivesPacking) {
  for (const auto state : {BreakerState::kClosed, BreakerState::kOpen, BreakerState::kHalfOpen}) {
    for (const std::uint32_t epoch : {0U, 1U, 0xfffffU}) {
      for (const std::uint32_t count : {0U, 1U, 1000U, 1023U}) {
        for (const std::uint32_t until : {0U, 1U, 0x80000000U, 0xffffffffU}) {
          const BreakerWord word{state, epoch, count, until};
          EXPECT_EQ(BreakerWord::unpack(word.pack()), word);
        }
      }
    }
  }
}

TEST(BreakerWord, OptionsHaveBounds) {
  EXPECT_TRUE(is_valid({}));
  EXPECT_FALSE(is_valid({.threshold = 0}));
  EXPECT_FALSE(is_valid({.threshold = kMaxThreshold + 1}));
  EXPECT_FALSE(is_valid({.timeout_ms = 0}));
  EXPECT_FALSE(is_valid({.timeout_ms = kMaxWaitMs + 1}));
  EXPECT_FALSE(is_valid({.half_open_max_calls = 0}));
  EXPECT_FALSE(is_valid({.half_open_max_calls = kMaxHalfOpenCalls + 1}));
  EXPECT_FALSE(is_valid({.lease_ms = 0}));
  EXPECT_TRUE(is_valid({.threshold = kMaxThreshold,
                        .timeout_ms = kMaxWaitMs,
                        .half_open_max_calls = kMaxHalfOpenCalls,
                        .lease_ms = kMaxWaitMs}));
}

TEST(BreakerWord, TheLastEpochIsFollowedByTheFirst) {
  const BreakerWord last{BreakerState::kHalfOpen, 0xfffff, 1, 0};
  const BreakerEvent success{.kind = BreakerEvent::Kind::kSuccess,
                             .ticket = {.epoch = 0xfffff, .is_probe = true}};
  const BreakerDecision decision = decide(last, success, 0, {});
  EXPECT_EQ(decision.next, (BreakerWord{BreakerState::kClosed, 0, 0, 0}));
}

TEST(BreakerWord, DeadlinesHoldWhereTheirBitsWrap) {
  const BreakerOptions options{.threshold = 1, .timeout_ms = 1000};
  const std::int64_t opened_ms = (std::int64_t{5} << 32) - 400;
  const BreakerEvent failure{.kind = BreakerEvent::Kind::kFailure, .ticket = {}};
  const BreakerWord open = decide({}, failure, opened_ms, options).next;
  EXPECT_EQ(open.until_ms, 600U);
  EXPECT_EQ(remaining_ms(open, opened_ms, options), 1000);
  EXPECT_EQ(remaining_ms(open, opened_ms + 400, options), 600);
  EXPECT_EQ(remaining_ms(open, opened_ms + 999, options), 1);
  EXPECT_EQ(remaining_ms(open, opened_ms + 1000, options), 0);
  EXPECT_EQ(remaining_ms(open, opened_ms + 5000, options), 0);
}

// After a reboot the clock starts again; a deadline from before would refuse for days.
TEST(BreakerWord, ADeadlineThatThisProcessWouldNeverSetHasPassed) {
  const BreakerOptions options{.timeout_ms = 1000, .lease_ms = 50};
  const BreakerWord open{BreakerState::kOpen, 1, 0, 1001};
  EXPECT_EQ(remaining_ms(open, 0, options), 0);
  EXPECT_EQ(remaining_ms(open, 1, options), 1000);
  const BreakerWord probing{BreakerState::kHalfOpen, 1, 1, 51};
  EXPECT_EQ(remaining_ms(probing, 0, options), 0);
  EXPECT_EQ(remaining_ms(probing, 1, options), 50);
  EXPECT_EQ(remaining_ms({}, 1, options), 0);
}

// Whatever 64 bits stand there (a bug, another machine's clock): no word refuses for ever.
TEST(BreakerWord, EveryPatternOfBitsRecovers) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const BreakerOptions options{.timeout_ms = 700, .half_open_max_calls = 2, .lease_ms = 300};
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t bits = random();
    const auto now_ms = static_cast<std::int64_t>(random() >> 8);
    const BreakerWord word = BreakerWord::unpack(bits);
    const BreakerDecision first = decide(word, kAdmit, now_ms, options);
    if (!first.ticket) {
      ASSERT_GE(first.retry_after_ms, 1);
      ASSERT_LE(first.retry_after_ms, std::max(options.timeout_ms, options.lease_ms));
      const BreakerDecision later = decide(word, kAdmit, now_ms + first.retry_after_ms, options);
      ASSERT_TRUE(later.ticket.has_value()) << bits;
    }
  }
}

TEST(BreakerWord, StatesHaveNames) {
  EXPECT_EQ(name_of(BreakerState::kClosed), "closed");
  EXPECT_EQ(name_of(BreakerState::kOpen), "open");
  EXPECT_EQ(name_of(BreakerState::kHalfOpen), "half_open");
}

}  // namespace
}  // namespace latchkey::shm
