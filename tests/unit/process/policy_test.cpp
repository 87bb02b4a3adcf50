// SPDX-License-Identifier: Apache-2.0
#include "process/policy.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "process/roster.h"

namespace latchkey::process {
namespace {

constexpr std::int64_t kDrainBoundMs = 5000;
constexpr ChildExit kClean{ChildExit::Kind::kClean, 0};
constexpr ChildExit kFailed{ChildExit::Kind::kFailed, 78};
constexpr ChildExit kCrashed{ChildExit::Kind::kSignalled, 11};

// The mechanism without processes: carries decisions out in the roster alone.
class PolicyTest : public testing::Test {
 protected:
  void open_pool(std::size_t workers) {
    Slot slot;
    slot.next_start_ms = now_;
    roster_.bounds.drain_ms = kDrainBoundMs;
    roster_.restarts_booked_until_ms = now_;
    roster_.pools.push_back({workers, std::vector<Slot>(workers, slot)});
  }

  void open_ready_pool(std::size_t workers) {
    open_pool(workers);
    settle();
    for (std::size_t slot = 0; slot < workers; ++slot) ready(slot);
    settle();
    actions_.clear();
  }

  void settle() {
    for (;;) {
      const Decision decision = decide(roster_, now_);
      wake_at_ = decision.wake_at_ms;
      if (decision.actions.empty()) return;
      for (const Action& action : decision.actions) perform(action);
    }
  }

  void perform(const Action& action) {
    actions_.push_back(action);
    switch (action.kind) {
      case Action::Kind::kStart:
        return record_start(roster_, action.place, next_pid_++, now_);
      case Action::Kind::kHandOver:
        return record_handover(roster_, action.place, now_);
      case Action::Kind::kTellToLeave:
        return record_leave_order(roster_, action.place, now_);
      case Action::Kind::kKill:
        return record_kill(roster_, action.place, now_);
    }
  }

  void ready(std::size_t slot, std::size_t pool = 0) {
    record_ready(roster_, {pool, slot, Seat::kHolder}, now_);
  }
  void dies(std::size_t slot, const ChildExit& exit, Seat seat = Seat::kHolder,
            std::size_t pool = 0) {
    record_exit(roster_, {pool, slot, seat}, exit, now_);
  }
  const Slot& slot(std::size_t index) { return roster_.pools[0].slots[index]; }

  std::size_t count(Action::Kind kind) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(actions_, [&](const Action& a) { return a.kind == kind; }));
  }

  Roster roster_;
  std::int64_t now_ = 1'000'000;
  std::optional<std::int64_t> wake_at_;
  std::vector<Action> actions_;
  pid_t next_pid_ = 100;
};

TEST_F(PolicyTest, FillsEverySlotOfEveryPoolAtOnceAndThenSleeps) {
  open_pool(3);
  open_pool(kMaxWorkersPerPool);
  settle();
  EXPECT_EQ(count(Action::Kind::kStart), 3 + kMaxWorkersPerPool);
  for (std::size_t i = 0; i < 3; ++i) ready(i);
  EXPECT_FALSE(was_filled(roster_));
  for (std::size_t i = 0; i < kMaxWorkersPerPool; ++i) ready(i, 1);
  settle();
  EXPECT_TRUE(was_filled(roster_));
  EXPECT_EQ(wake_at_, std::nullopt);
}

TEST_F(PolicyTest, ReplacesARecycledWorkerAtOnce) {
  open_ready_pool(2);
  dies(1, kClean);
  settle();
  EXPECT_EQ(actions_, (std::vector<Action>{{Action::Kind::kStart, {0, 1, Seat::kHolder}}}));
}

TEST_F(PolicyTest, ReplacesAReadyWorkerThatWasKilledAtOnceHoweverYoung) {
  open_ready_pool(1);
  for (int i = 0; i < 5; ++i) {
    dies(0, kCrashed);
    settle();
    ASSERT_EQ(slot(0).holder.state, ChildState::kStarting);
    ready(0);
    settle();
  }
}

TEST_F(PolicyTest, BacksOffTwiceAsLongAfterEachDeathBeforeReadiness) {
  open_pool(1);
  settle();
  for (const std::int64_t wait :
       {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
    dies(0, kFailed);
    settle();
    ASSERT_EQ(slot(0).holder.state, ChildState::kNobody);
    ASSERT_EQ(wake_at_, now_ + wait);
    now_ += wait - 1;
    settle();
    ASSERT_EQ(slot(0).holder.state, ChildState::kNobody);
    now_ += 1;
    settle();
    ASSERT_EQ(slot(0).holder.state, ChildState::kStarting);
  }
}

TEST_F(PolicyTest, AnyDeathBeforeReadinessBacksOff) {
  for (const ChildExit& exit : {kClean, kFailed, kCrashed}) {
    roster_ = {};
    open_pool(1);
    settle();
    dies(0, exit);
    settle();
    EXPECT_EQ(wake_at_, now_ + kFirstBackoffMs);
  }
}

TEST_F(PolicyTest, AFailureSoonAfterReadinessBacksOffAndALaterOneDoesNot) {
  open_ready_pool(1);
  now_ += kEarlyDeathMs - 1;
  dies(0, kFailed);
  settle();
  EXPECT_EQ(wake_at_, now_ + kFirstBackoffMs);
  now_ += kFirstBackoffMs;
  settle();
  ready(0);
  now_ += kEarlyDeathMs;
  dies(0, kFailed);
  EXPECT_EQ(slot(0).early_deaths, 0);
  settle();
  EXPECT_EQ(slot(0).holder.state, ChildState::kStarting);
}

TEST_F(PolicyTest, AStartThatTheKernelRefusesBacksOff) {
  open_pool(1);
  const Decision decision = decide(roster_, now_);
  ASSERT_EQ(decision.actions.size(), 1U);
  record_start_failure(roster_, decision.actions[0].place, now_);
  EXPECT_TRUE(decide(roster_, now_).actions.empty());
  EXPECT_EQ(decide(roster_, now_).wake_at_ms, now_ + kFirstBackoffMs);
}

TEST_F(PolicyTest, KillsWhoDoesNotBecomeReadyInTime) {
  open_pool(1);
  settle();
  EXPECT_EQ(wake_at_, now_ + kStartBoundMs);
  now_ += kStartBoundMs;
  settle();
  EXPECT_EQ(slot(0).holder.state, ChildState::kKilled);
  EXPECT_EQ(wake_at_, std::nullopt);
  dies(0, {ChildExit::Kind::kSignalled, 9});
  settle();
  EXPECT_EQ(wake_at_, now_ + kFirstBackoffMs);
}

TEST_F(PolicyTest, BoundsTheRestartRateOverAllPools) {
  open_ready_pool(100);
  open_pool(100);
  settle();
  for (std::size_t i = 0; i < 100; ++i) ready(i, 1);
  actions_.clear();
  for (std::size_t i = 0; i < 100; ++i) {
    dies(i, kCrashed);
    dies(i, kCrashed, Seat::kHolder, 1);
  }
  settle();
  EXPECT_EQ(count(Action::Kind::kStart), static_cast<std::size_t>(kRestartBurst));
  EXPECT_EQ(wake_at_, now_ + kRestartIntervalMs);
  for (int i = 1; i <= 10; ++i) {
    now_ += kRestartIntervalMs;
    settle();
    EXPECT_EQ(count(Action::Kind::kStart), static_cast<std::size_t>(kRestartBurst + i));
  }
}

TEST_F(PolicyTest, TheRestartRateIsGivenToWhoHasWaitedLongest) {
  open_ready_pool(2);
  roster_.restarts_booked_until_ms = now_ + kRestartBurst * kRestartIntervalMs;
  dies(1, kCrashed);
  now_ += 1;
  dies(0, kCrashed);
  settle();
  EXPECT_TRUE(actions_.empty());
  now_ = *wake_at_;
  settle();
  EXPECT_EQ(actions_, (std::vector<Action>{{Action::Kind::kStart, {0, 1, Seat::kHolder}}}));
}

TEST_F(PolicyTest, DrainsThenKillsAtTheBound) {
  open_ready_pool(2);
  record_shutdown(roster_, Phase::kDraining);
  settle();
  EXPECT_EQ(count(Action::Kind::kTellToLeave), 2U);
  EXPECT_EQ(wake_at_, now_ + kDrainBoundMs);
  dies(0, kClean);
  now_ += kDrainBoundMs - 1;
  settle();
  EXPECT_EQ(count(Action::Kind::kKill), 0U);
  now_ += 1;
  settle();
  EXPECT_EQ(count(Action::Kind::kKill), 1U);
  EXPECT_EQ(wake_at_, std::nullopt);
  EXPECT_FALSE(is_deserted(roster_));
  dies(1, {ChildExit::Kind::kSignalled, 9});
  settle();
  EXPECT_TRUE(is_deserted(roster_));
  EXPECT_EQ(count(Action::Kind::kStart), 0U);
}

TEST_F(PolicyTest, KillsWhoGivesNoSignOfLifeAndReplacesIt) {
  roster_.bounds.silence_ms = 1000;
  open_ready_pool(2);
  EXPECT_EQ(wake_at_, now_ + 1000);
  now_ += 600;
  record_sign_of_life(roster_, {0, 0, Seat::kHolder}, now_);
  now_ += 399;
  settle();
  EXPECT_TRUE(actions_.empty());
  now_ += 1;
  settle();
  EXPECT_EQ(actions_, (std::vector<Action>{{Action::Kind::kKill, {0, 1, Seat::kHolder}}}));
  EXPECT_EQ(wake_at_, now_ + 600);
  dies(1, {ChildExit::Kind::kSignalled, 9});
  settle();
  EXPECT_EQ(actions_.back(), (Action{Action::Kind::kStart, {0, 1, Seat::kHolder}}));
}

TEST_F(PolicyTest, AfterAnAbsenceOfItsOwnItCountsAnewForAll) {
  roster_.bounds.silence_ms = 1000;
  open_ready_pool(2);
  record_own_absence(roster_, now_ += 5000);
  settle();
  EXPECT_EQ(wake_at_, now_ + 1000);
}

TEST_F(PolicyTest, ASilentPredecessorIsKilledToo) {
  roster_.bounds.silence_ms = 1000;
  open_ready_pool(1);
  record_roll(roster_, roster_.bounds, now_);
  settle();
  actions_.clear();
  now_ += 1000;
  settle();
  EXPECT_EQ(actions_, (std::vector<Action>{{Action::Kind::kKill, {0, 0, Seat::kPredecessor}}}));
}

TEST_F(PolicyTest, ARollChangesTheBoundsOfTheNewWorkersOnly) {
  roster_.bounds.silence_ms = 1000;
  open_ready_pool(1);
  record_roll(roster_, {.drain_ms = 10, .silence_ms = 5000}, now_);
  settle();
  EXPECT_EQ(slot(0).predecessor.silence_bound_ms, 1000);
  ready(0);
  settle();
  now_ += kDrainBoundMs - 1;
  record_sign_of_life(roster_, {0, 0, Seat::kHolder}, now_);
  settle();
  EXPECT_EQ(count(Action::Kind::kKill), 0U) << "a request in hand has the time it was promised";
  now_ += 1;
  settle();
  EXPECT_EQ(count(Action::Kind::kKill), 1U);
}

TEST_F(PolicyTest, QuitKillsAtOnceAndCannotBeTakenBack) {
  open_ready_pool(2);
  record_shutdown(roster_, Phase::kDraining);
  settle();
  record_shutdown(roster_, Phase::kKilling);
  record_shutdown(roster_, Phase::kDraining);
  settle();
  EXPECT_EQ(count(Action::Kind::kKill), 2U);
}

TEST_F(PolicyTest, RollsOneSlotAtATimeAndNeverLeavesOneEmpty) {
  open_ready_pool(2);
  record_roll(roster_, roster_.bounds, now_);
  settle();
  EXPECT_EQ(actions_, (std::vector<Action>{{Action::Kind::kHandOver, {0, 0, Seat::kHolder}},
                                           {Action::Kind::kStart, {0, 0, Seat::kHolder}}}));
  EXPECT_EQ(slot(0).predecessor.state, ChildState::kReady);
  actions_.clear();
  ready(0);
  settle();
  EXPECT_EQ(actions_, (std::vector<Action>{{Action::Kind::kTellToLeave, {0, 0, Seat::kPredecessor}},
                                           {Action::Kind::kHandOver, {0, 1, Seat::kHolder}},
                                           {Action::Kind::kStart, {0, 1, Seat::kHolder}}}));
  ready(1);
  settle();
  EXPECT_FALSE(is_rolled(roster_));
  dies(0, kClean, Seat::kPredecessor);
  dies(1, kClean, Seat::kPredecessor);
  settle();
  EXPECT_TRUE(is_rolled(roster_));
}

TEST_F(PolicyTest, ASuccessorThatCannotStartLeavesThePredecessorAtWork) {
  open_ready_pool(2);
  record_roll(roster_, roster_.bounds, now_);
  settle();
  for (int i = 0; i < 4; ++i) {
    dies(0, kFailed);
    settle();
    now_ = *wake_at_;
    settle();
  }
  EXPECT_EQ(slot(0).predecessor.state, ChildState::kReady);
  EXPECT_EQ(slot(1).holder.state, ChildState::kReady);
  EXPECT_EQ(slot(1).predecessor.state, ChildState::kNobody);
  EXPECT_EQ(count(Action::Kind::kTellToLeave), 0U);
}

TEST_F(PolicyTest, ARollTriesSlotsThatWaitAtOnce) {
  open_pool(1);
  settle();
  for (int i = 0; i < 9; ++i) {
    dies(0, kFailed);
    settle();
    if (wake_at_) now_ = *wake_at_;
    settle();
  }
  dies(0, kFailed);
  settle();
  EXPECT_EQ(slot(0).holder.state, ChildState::kNobody);
  record_roll(roster_, roster_.bounds, now_);
  settle();
  EXPECT_EQ(slot(0).holder.state, ChildState::kStarting);
}

TEST_F(PolicyTest, GrowsAndShrinksByOneWithinBounds) {
  open_ready_pool(1);
  EXPECT_FALSE(record_fewer(roster_, 0));
  EXPECT_TRUE(record_more(roster_, 0, now_));
  settle();
  ready(1);
  settle();
  EXPECT_EQ(slot(1).holder.state, ChildState::kReady);
  EXPECT_TRUE(record_fewer(roster_, 0));
  settle();
  EXPECT_EQ(slot(1).holder.state, ChildState::kDraining);
  EXPECT_TRUE(record_more(roster_, 0, now_));
  settle();
  dies(1, kClean);
  settle();
  EXPECT_EQ(slot(1).holder.state, ChildState::kStarting);
  while (record_more(roster_, 0, now_)) {
  }
  EXPECT_EQ(roster_.pools[0].wanted, kMaxWorkersPerPool);
}

TEST_F(PolicyTest, ReadinessToldTwiceOrTooLateChangesNothing) {
  open_ready_pool(1);
  now_ += 10;
  const Roster before = roster_;
  ready(0);
  EXPECT_EQ(roster_, before);
  record_shutdown(roster_, Phase::kDraining);
  settle();
  ready(0);
  EXPECT_EQ(slot(0).holder.state, ChildState::kDraining);
}

TEST_F(PolicyTest, FindsChildrenByProcessId) {
  open_ready_pool(2);
  record_roll(roster_, roster_.bounds, now_);
  settle();
  EXPECT_EQ(find(roster_, 100), (Place{0, 0, Seat::kPredecessor}));
  EXPECT_EQ(find(roster_, 102), (Place{0, 0, Seat::kHolder}));
  EXPECT_EQ(find(roster_, 101), (Place{0, 1, Seat::kHolder}));
  EXPECT_EQ(find(roster_, 99), std::nullopt);
  EXPECT_EQ(find(roster_, 0), std::nullopt);
}

}  // namespace
}  // namespace latchkey::process
