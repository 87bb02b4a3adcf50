// SPDX-License-Identifier: Apache-2.0
#include "service/revocation_watch.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>

#include <gtest/gtest.h>

#include "doubles/captured_log.h"
#include "doubles/records.h"
#include "doubles/thrown_error.h"
#include "doubles/watched_revocations.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;
using doubles::thrown_by;
using doubles::uuid;

std::ptrdiff_t count(const doubles::CapturedLog& log, std::string_view words) {
  return std::ranges::count_if(log.lines(), [words](const base::JsonObject& line) {
    return line.find_string("message").value_or("").find(words) != std::string_view::npos;
  });
}

class RevocationWatchTest : public ::testing::Test {
 protected:
  bool is_refused(const base::Uuid& session = uuid()) {
    try {
      EXPECT_TRUE(watch().vouches_for(session, now_s()));
      return false;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kTokenRevoked);
      return true;
    }
  }
  [[nodiscard]] std::int64_t now_s() const { return node_.clock.wall_ms() / 1000; }
  RevocationWatch& watch() { return node_.watch; }
  std::size_t looks() const { return node_.database.questions.size(); }

  doubles::WatchedRevocations node_;
};

TEST_F(RevocationWatchTest, TheFirstCheckLooksBackAsFarAsTokensAreGood) {
  node_.database.sessions = {uuid()};
  EXPECT_TRUE(is_refused());
  ASSERT_EQ(looks(), 1);
  EXPECT_EQ(node_.database.questions[0].ms_ago, doubles::WatchedRevocations::kMemoryMs);
  EXPECT_EQ(node_.database.questions[0].patience_ms, RevocationWatch::kPatienceMs);
  EXPECT_FALSE(is_refused(uuid(doubles::kOtherSessionId)));
  EXPECT_EQ(looks(), 1);
}

TEST_F(RevocationWatchTest, WhatEndsHereIsRefusedAtOnce) {
  EXPECT_FALSE(is_refused());
  watch().ended(uuid());
  EXPECT_TRUE(is_refused());
  EXPECT_EQ(looks(), 1);
}

TEST_F(RevocationWatchTest, WhatEndsHereUnlistedIsNotVouchedForUntilItIsLearned) {
  EXPECT_FALSE(is_refused());
  watch().ended_unlisted();
  EXPECT_FALSE(watch().vouches_for(uuid(), now_s()));
  node_.clock.advance_ms(1);
  node_.database.sessions = {uuid()};
  watch().after_answer();
  EXPECT_EQ(looks(), 2);
  EXPECT_TRUE(is_refused());
  EXPECT_FALSE(is_refused(uuid(doubles::kOtherSessionId)));
}

TEST_F(RevocationWatchTest, UnderTrafficNoCheckWaitsForTheDatabase) {
  EXPECT_FALSE(is_refused());
  for (int i = 0; i < 100; ++i) {
    node_.clock.advance_ms(100);
    const std::size_t before = looks();
    EXPECT_FALSE(is_refused());
    EXPECT_EQ(looks(), before);
    watch().after_answer();
  }
  EXPECT_GE(looks(), 9);
  EXPECT_LE(looks(), 11);
  for (std::size_t i = 1; i < looks(); ++i) {
    EXPECT_EQ(node_.database.questions[i].patience_ms, std::nullopt);
    // Further back than the last look, by the longest that an end may take to be seen.
    EXPECT_GE(node_.database.questions[i].ms_ago, 1'000 + 5'000);
  }
}

TEST_F(RevocationWatchTest, WithoutChecksNobodyLooks) {
  for (int i = 0; i < 10; ++i) {
    node_.clock.advance_ms(10'000);
    watch().after_answer();
  }
  EXPECT_EQ(looks(), 0);
}

TEST_F(RevocationWatchTest, OneWorkerLooksForAll) {
  RevocationWatch other({.set = node_.set,
                         .database = node_.database,
                         .breaker = node_.breaker,
                         .clock = node_.clock,
                         .database_timeout_ms = 2'000});
  EXPECT_FALSE(is_refused());
  node_.clock.advance_ms(1'500);
  EXPECT_FALSE(is_refused());
  EXPECT_TRUE(other.vouches_for(uuid(), now_s()));
  other.after_answer();
  watch().after_answer();
  EXPECT_EQ(looks(), 2);
}

TEST_F(RevocationWatchTest, ADatabaseThatFailsIsNotWaitedForAgain) {
  const doubles::CapturedLog log;
  node_.database.is_down = true;
  EXPECT_FALSE(is_refused());  // a token counts by itself
  EXPECT_EQ(looks(), 1);
  EXPECT_FALSE(is_refused());
  EXPECT_EQ(looks(), 1);
  watch().after_answer();  // but it is asked again behind the client's back
  EXPECT_EQ(looks(), 2);
  node_.database.is_down = false;
  node_.database.sessions = {uuid()};
  node_.clock.advance_ms(1'000);
  EXPECT_FALSE(is_refused());
  watch().after_answer();
  EXPECT_TRUE(is_refused());
  EXPECT_EQ(count(log, "cannot be learned"), 1);
  EXPECT_EQ(count(log, "learned again"), 1);
}

TEST_F(RevocationWatchTest, AnOldFailureDoesNotKeepAWorkerFromLooking) {
  const doubles::CapturedLog log;
  node_.database.is_down = true;
  EXPECT_FALSE(is_refused());
  node_.database.is_down = false;
  // Other workers look meanwhile, and then it is quiet.
  node_.clock.advance_ms(10'000);
  node_.set.learned(node_.clock.monotonic_ns());
  node_.clock.advance_ms(10'000);
  node_.database.sessions = {uuid()};
  EXPECT_TRUE(is_refused());
}

TEST_F(RevocationWatchTest, WhileItFailsWhatEndedHereIsStillRefused) {
  watch().ended(uuid());
  node_.database.is_down = true;
  EXPECT_TRUE(is_refused());
}

TEST_F(RevocationWatchTest, ADatabaseThatSeemsIllIsNotWaitedFor) {
  auto admission = node_.breaker.admit();
  std::get<shm::Permit>(admission).report_failure();
  EXPECT_FALSE(is_refused());
  EXPECT_EQ(looks(), 0);
  watch().after_answer();
  EXPECT_EQ(looks(), 1);
}

TEST_F(RevocationWatchTest, ATokenFromBeforeTheLifetimeWasShortenedIsLookedUp) {
  constexpr std::int64_t kMemoryS = doubles::WatchedRevocations::kMemoryMs / 1000;
  EXPECT_TRUE(watch().vouches_for(uuid(), now_s() - kMemoryS + 2));
  EXPECT_FALSE(watch().vouches_for(uuid(), now_s() - kMemoryS));
  EXPECT_FALSE(watch().vouches_for(uuid(), std::numeric_limits<std::int64_t>::min()));
  // Of a node whose clock is ahead.
  EXPECT_TRUE(watch().vouches_for(uuid(), now_s() + 30));
  EXPECT_EQ(looks(), 1);
  watch().ended(uuid());
  EXPECT_THROW((void)watch().vouches_for(uuid(), now_s() - kMemoryS), base::Error);
}

TEST_F(RevocationWatchTest, MoreThanCanBeToldIsMoreThanCanBeVouchedFor) {
  node_.database.sessions.assign(shm::kRevocations / 2, uuid(doubles::kOtherSessionId));
  EXPECT_FALSE(watch().vouches_for(uuid(), now_s()));
  EXPECT_EQ(node_.database.questions[0].limit, shm::kRevocations / 2);
}

}  // namespace
}  // namespace latchkey::service
