// SPDX-License-Identifier: Apache-2.0
#include "shm/scoreboard.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "shm/fake_clock.h"
#include "shm/segment.h"

namespace latchkey::shm {
namespace {

class ScoreboardTest : public ::testing::Test {
 protected:
  std::vector<WorkerView> workers() const {
    return read_scoreboard(segment_.layout(), clock_.monotonic_ms());
  }
  ScoreboardLine line(std::size_t pool, std::size_t slot) {
    return {segment_.layout(), pool, slot, getpid(), clock_};
  }

  Segment segment_ = Segment::make_private();
  FakeClock clock_;
};

TEST_F(ScoreboardTest, WhoHasLeftIsNotShown) {
  { const ScoreboardLine gone(segment_.layout(), 0, 1, getpid(), clock_); }
  EXPECT_TRUE(workers().empty());
}

TEST_F(ScoreboardTest, IsEmptyAtFirst) { EXPECT_TRUE(workers().empty()); }

TEST_F(ScoreboardTest, ShowsWhatAWorkerIsDoing) {
  ScoreboardLine mine = line(1, 3);
  clock_.advance_ms(50);
  mine.begin_request();
  clock_.advance_ms(20);
  ASSERT_EQ(workers().size(), 1U);
  WorkerView seen = workers()[0];
  EXPECT_EQ(seen.pool, 1U);
  EXPECT_EQ(seen.slot, 3U);
  EXPECT_EQ(seen.pid, getpid());
  EXPECT_EQ(seen.state, WorkerState::kBusy);
  EXPECT_EQ(seen.state_ms, 20);
  EXPECT_EQ(seen.age_ms, 70);
  EXPECT_EQ(seen.requests, 0U);
  mine.end_request();
  mine.leave(ExitReason::kRecycled);
  seen = workers()[0];
  EXPECT_EQ(seen.state, WorkerState::kLeaving);
  EXPECT_EQ(seen.requests, 1U);
  EXPECT_EQ(read_pool(segment_.layout(), 1).started, 1U);
  EXPECT_EQ(read_pool(segment_.layout(), 1).left[1], 1U);
  EXPECT_EQ(read_pool(segment_.layout(), 0).started, 0U);
}

TEST_F(ScoreboardTest, TheNewerOfTwoHasTheLine) {
  ScoreboardLine older(segment_.layout(), 0, 1, getppid(), clock_);
  const ScoreboardLine newer = line(0, 1);
  static_cast<void>(newer);
  older.begin_request();
  older.end_request();
  older.leave(ExitReason::kAsked);
  ASSERT_EQ(workers().size(), 1U);
  EXPECT_EQ(workers()[0].pid, getpid());
  EXPECT_EQ(workers()[0].state, WorkerState::kIdle);
  EXPECT_EQ(workers()[0].requests, 0U);
  EXPECT_EQ(read_pool(segment_.layout(), 0).started, 2U);
  EXPECT_EQ(read_pool(segment_.layout(), 0).left[0], 1U);
}

TEST_F(ScoreboardTest, WhoWasKilledIsNotShown) {
  const pid_t child = fork();
  if (child == 0) {
    ScoreboardLine killed(segment_.layout(), 0, 2, getpid(), clock_);
    killed.begin_request();
    raise(SIGKILL);
  }
  siginfo_t end{};
  waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOWAIT);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(segment_.layout().workers[0][1].pid.load(), static_cast<std::uint64_t>(child));
  EXPECT_TRUE(workers().empty());
  EXPECT_EQ(read_pool(segment_.layout(), 0).started, 1U);
}

TEST_F(ScoreboardTest, ASlotBeyondTheLastIsNotShown) {
  const ScoreboardLine last = line(0, kSlotsPerPool);
  static_cast<void>(last);
  ScoreboardLine beyond = line(0, kSlotsPerPool + 1);
  beyond.begin_request();
  beyond.end_request();
  beyond.leave(ExitReason::kIdle);
  ASSERT_EQ(workers().size(), 1U);
  EXPECT_EQ(workers()[0].slot, kSlotsPerPool);
}

TEST(Scoreboard, NamesItsParts) {
  EXPECT_EQ(name_of(WorkerState::kBusy), "busy");
  EXPECT_EQ(name_of(ExitReason::kBroken), "broken");
  EXPECT_EQ(name_of_pool(pool_named("hash")), "hash");
  EXPECT_EQ(pool_named("other"), kPools);
}

}  // namespace
}  // namespace latchkey::shm
