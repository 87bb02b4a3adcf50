// SPDX-License-Identifier: Apache-2.0
#include "shm/revocations.h"

#include <atomic>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "shm/children.h"
#include "shm/fake_clock.h"
#include "shm/segment.h"

namespace latchkey::shm {
namespace {

constexpr std::int64_t kMemoryMs = 1'800'000;

class RevocationsTest : public ::testing::Test {
 protected:
  // All within one millisecond.
  base::Uuid make() { return base::Uuid::in_order(1'800'000'000'000, random_); }
  std::vector<base::Uuid> make(std::size_t count) {
    std::vector<base::Uuid> sessions;
    while (sessions.size() < count) sessions.push_back(make());
    return sessions;
  }

  std::size_t count() { return count_revocations(segment_.layout(), clock_.monotonic_ms()); }

  Segment segment_ = Segment::make_private();
  FakeClock clock_;
  base::SystemRandom random_;
  // What the tests are not about: a token of just now.
  static constexpr std::int64_t kNew = 0;
  Revocations set_{segment_.layout(), clock_, kMemoryMs};
};

TEST_F(RevocationsTest, ASessionLivesUntilItsEndIsTold) {
  const auto session = make();
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kLives);
  set_.add(session);
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kEnded);
  EXPECT_EQ(set_.look_up(make(), kNew), Knowledge::kLives);
  // For every worker of the node.
  EXPECT_EQ(Revocations(segment_.layout(), clock_, kMemoryMs).look_up(session, kNew),
            Knowledge::kEnded);
}

TEST_F(RevocationsTest, AnEntryIsForgottenWhenNoTokenOfItIsGood) {
  const auto session = make();
  set_.add(session);
  clock_.advance_ms(kMemoryMs - 1);
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kEnded);
  EXPECT_EQ(count(), 1);
  clock_.advance_ms(1);
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kLives);
  EXPECT_EQ(count(), 0);
}

TEST_F(RevocationsTest, ToldAgainItTakesNoSecondPlaceAndLastsLonger) {
  const auto session = make();
  for (int i = 0; i < 100; ++i) set_.add(session);
  EXPECT_EQ(count(), 1);
  clock_.advance_ms(kMemoryMs / 2);
  set_.add(session);
  clock_.advance_ms(kMemoryMs / 2);
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kEnded);
  EXPECT_EQ(count(), 1);
}

TEST_F(RevocationsTest, IsWellOverHalfFullBeforeASessionFindsNoPlace) {
  const auto sessions = make(kRevocations * 6 / 10);
  for (const auto& session : sessions) set_.add(session);
  for (const auto& session : sessions) ASSERT_EQ(set_.look_up(session, kNew), Knowledge::kEnded);
  EXPECT_EQ(count(), sessions.size());
  EXPECT_EQ(set_.look_up(make(), kNew), Knowledge::kLives);
}

TEST_F(RevocationsTest, WhenFullItVouchesForNobodyUntilTheLastTokenIsGone) {
  const auto sessions = make(kRevocations + 1);
  for (const auto& session : sessions) set_.add(session);
  for (const auto& session : sessions) ASSERT_NE(set_.look_up(session, kNew), Knowledge::kLives);
  EXPECT_EQ(set_.look_up(make(), kNew), Knowledge::kNotSure);
  clock_.advance_ms(kMemoryMs);
  EXPECT_EQ(set_.look_up(make(), kNew), Knowledge::kLives);
}

TEST_F(RevocationsTest, ForgottenPlacesAreUsedAgain) {
  for (int generation = 0; generation < 4; ++generation) {
    const auto sessions = make(kRevocations / 2);
    for (const auto& session : sessions) set_.add(session);
    for (const auto& session : sessions) ASSERT_EQ(set_.look_up(session, kNew), Knowledge::kEnded);
    EXPECT_EQ(set_.look_up(make(), kNew), Knowledge::kLives);
    clock_.advance_ms(kMemoryMs);
  }
}

TEST_F(RevocationsTest, AfterAnEndThatWasNotListedOnlyALaterLookVouches) {
  const auto session = make();
  set_.learned(clock_.monotonic_ns());
  set_.add_unlisted();
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kNotSure);
  // One that had begun before may not have seen it.
  set_.learned(clock_.monotonic_ns());
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kNotSure);
  clock_.advance_ms(1);
  set_.learned(clock_.monotonic_ns());
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kLives);
}

TEST_F(RevocationsTest, ALookThatBeganEarlierDoesNotUndoALaterOne) {
  set_.learned(clock_.monotonic_ns());
  set_.learned(clock_.monotonic_ns() - 10'000'000'000);
  EXPECT_EQ(set_.learned_ms_ago(), 0);
}

TEST_F(RevocationsTest, WhereNobodyHasLookedTheWholeMemoryIsMissing) {
  EXPECT_EQ(set_.learned_ms_ago(), kMemoryMs);
  set_.learned(clock_.monotonic_ns());
  clock_.advance_ms(1'234);
  EXPECT_EQ(set_.learned_ms_ago(), 1'234);
  clock_.advance_ms(2 * kMemoryMs);
  EXPECT_EQ(set_.learned_ms_ago(), kMemoryMs);
}

// Tokens of the time when ACCESS_TOKEN_EXPIRE_MINUTES was more are good for longer than entries.
TEST_F(RevocationsTest, OfATokenOlderThanTheMemoryItIsNotSure) {
  EXPECT_EQ(set_.look_up(make(), kMemoryMs - 1), Knowledge::kLives);
  EXPECT_EQ(set_.look_up(make(), kMemoryMs), Knowledge::kNotSure);
  EXPECT_EQ(set_.look_up(make(), 100 * kMemoryMs), Knowledge::kNotSure);
  const auto session = make();
  set_.add(session);
  EXPECT_EQ(set_.look_up(session, 100 * kMemoryMs), Knowledge::kEnded);
}

TEST_F(RevocationsTest, AShorterMemoryShortensNothingWhereALongerOneWasInUse) {
  set_.learned(clock_.monotonic_ns());
  Revocations shorter(segment_.layout(), clock_, kMemoryMs / 6);
  EXPECT_EQ(shorter.learned_ms_ago(), 0);
  EXPECT_EQ(shorter.look_up(make(), kMemoryMs - 1), Knowledge::kLives);
  const auto session = make();
  shorter.add(session);
  clock_.advance_ms(kMemoryMs - 1);
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kEnded);
  EXPECT_EQ(shorter.look_up(session, kNew), Knowledge::kEnded);
}

// What ended while the memory was shorter may be forgotten already.
TEST_F(RevocationsTest, ForALongerMemoryNobodyHasLookedYet) {
  Revocations shorter(segment_.layout(), clock_, kMemoryMs / 6);
  shorter.learned(clock_.monotonic_ns());
  EXPECT_EQ(shorter.learned_ms_ago(), 0);
  EXPECT_EQ(set_.learned_ms_ago(), kMemoryMs);
  shorter.learned(clock_.monotonic_ns());  // a worker of the old setting does not make up for it
  EXPECT_EQ(set_.learned_ms_ago(), kMemoryMs);
  set_.learned(clock_.monotonic_ns());
  EXPECT_EQ(set_.learned_ms_ago(), 0);
  // From then on the others keep what they add for as long.
  const auto session = make();
  shorter.add(session);
  clock_.advance_ms(kMemoryMs - 1);
  EXPECT_EQ(set_.look_up(session, kNew), Knowledge::kEnded);
}

TEST_F(RevocationsTest, OneLookInAnIntervalIsClaimed) {
  EXPECT_TRUE(set_.claim_look(1'000));
  EXPECT_FALSE(set_.claim_look(1'000));
  clock_.advance_ms(999);
  EXPECT_FALSE(set_.claim_look(1'000));
  clock_.advance_ms(1);
  EXPECT_TRUE(set_.claim_look(1'000));
}

// Every instruction at which a writer can die leaves what its two words may hold: these are all.
TEST_F(RevocationsTest, AnEntryHalfWrittenCountsAsEnded) {
  const auto old_session = make();
  set_.add(old_session);
  RevocationRecord* record = nullptr;
  for (RevocationRecord& each : segment_.layout().revocations) {
    if (each.key.load() != 0) record = &each;
  }
  ASSERT_NE(record, nullptr);
  record->until_ms.store(0);  // a new entry whose time is not written yet, or one being replaced
  EXPECT_EQ(set_.look_up(old_session, kNew), Knowledge::kEnded);
  clock_.advance_ms(10 * kMemoryMs);
  EXPECT_EQ(set_.look_up(old_session, kNew), Knowledge::kEnded);
  EXPECT_EQ(set_.look_up(make(), kNew), Knowledge::kLives);
  // Nor is it relied on: told again, the session has an entry of its own.
  set_.add(old_session);
  EXPECT_EQ(count(), 2);
}

// Several processes tell the same and other sessions, and are killed at random.
TEST_F(RevocationsTest, WritersThatDieLoseNothingThatWasAdded) {
  const auto sessions = make(4'000);
  const Segment progress = Segment::make_private();
  SharedWord& added = progress.layout().doubts_noted;
  for (int round = 0; round < 20; ++round) {
    Child victim([&] {
      for (std::size_t i = 0;; i = (i + 1) % sessions.size()) set_.add(sessions[i]);
      return 0;
    });
    Child writer([&] {
      const std::size_t first = static_cast<std::size_t>(round) * 200;
      for (std::size_t i = first; i < first + 200; ++i) {
        set_.add(sessions[i]);
        added.store(i + 1);
      }
      return 0;
    });
    ASSERT_EQ(writer.wait(), 0);
    victim.kill_and_wait();
    for (std::size_t i = 0; i < added.load(); ++i) {
      ASSERT_EQ(set_.look_up(sessions[i], kNew), Knowledge::kEnded);
    }
  }
  EXPECT_EQ(set_.look_up(make(), kNew), Knowledge::kLives);
}

}  // namespace
}  // namespace latchkey::shm
