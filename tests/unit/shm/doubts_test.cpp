// SPDX-License-Identifier: Apache-2.0
#include "shm/doubts.h"

#include <gtest/gtest.h>

#include "doubles/fake_random.h"
#include "shm/fake_clock.h"
#include "shm/segment.h"

namespace latchkey::shm {
namespace {

class DoubtsTest : public ::testing::Test {
 protected:
  Segment segment_ = Segment::make_private();
  FakeClock clock_;
  doubles::FakeRandom random_;
  base::Uuid session_ = base::Uuid::in_order(1'800'000'000'000, random_);
  base::Uuid other_ = base::Uuid::in_order(1'800'000'000'000, random_);
  Doubts doubts_{segment_.layout(), clock_};
};

TEST_F(DoubtsTest, KnowsNothingAtFirst) { EXPECT_EQ(doubts_.find(session_, 0), std::nullopt); }

TEST_F(DoubtsTest, SaysHowLongAgoTheLostCallBegan) {
  doubts_.note(session_, 3, 2'000);
  clock_.advance_ms(500);
  EXPECT_EQ(doubts_.find(session_, 3), 2'500);
  EXPECT_EQ(doubts_.find(session_, 2), std::nullopt);
  EXPECT_EQ(doubts_.find(session_, 4), std::nullopt);
  EXPECT_EQ(doubts_.find(other_, 3), std::nullopt);
  // For every worker of the node.
  EXPECT_EQ(Doubts(segment_.layout(), clock_).find(session_, 3), 2'500);
}

TEST_F(DoubtsTest, TheOldestOfSeveralCounts) {
  doubts_.note(session_, 3, 2'000);
  clock_.advance_ms(60'000);
  doubts_.note(session_, 3, 2'000);
  EXPECT_EQ(doubts_.find(session_, 3), 62'000);
}

TEST_F(DoubtsTest, AnAnswerEndsThemAll) {
  doubts_.note(session_, 3, 0);
  doubts_.note(session_, 3, 0);
  doubts_.note(other_, 3, 0);
  doubts_.forget(session_, 3);
  EXPECT_EQ(doubts_.find(session_, 3), std::nullopt);
  EXPECT_TRUE(doubts_.find(other_, 3));
}

TEST_F(DoubtsTest, NoneLastsForEver) {
  doubts_.note(session_, 3, 0);
  clock_.advance_ms(kLongestDoubtMs);
  EXPECT_TRUE(doubts_.find(session_, 3));
  clock_.advance_ms(1);
  EXPECT_EQ(doubts_.find(session_, 3), std::nullopt);
}

TEST_F(DoubtsTest, TheOldestMakesRoom) {
  doubts_.note(session_, 3, 0);
  for (std::size_t i = 0; i + 1 < kDoubts; ++i) doubts_.note(other_, static_cast<int>(i), 0);
  EXPECT_TRUE(doubts_.find(session_, 3));
  doubts_.note(other_, 0, 0);
  EXPECT_EQ(doubts_.find(session_, 3), std::nullopt);
}

}  // namespace
}  // namespace latchkey::shm
