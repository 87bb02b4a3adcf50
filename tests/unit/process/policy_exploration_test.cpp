// SPDX-License-Identifier: Apache-2.0

// Every sequence of events up to a depth, from a pool of two workers: children become ready, end in
// each way, or do nothing; forks fail; the operator sends each signal; time passes. After each
// event the decisions are carried out and the properties below are checked; and from every state
// that was seen, a world that behaves from then on must come to rest as it should.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "process/policy.h"
#include "process/roster.h"

namespace latchkey::process {
namespace {

constexpr int kDepth = 6;
constexpr std::int64_t kDrainBoundMs = 5000;
constexpr std::int64_t kSilenceBoundMs = 7000;
constexpr std::size_t kMostSlots = 3;

struct World {
  Roster roster;
  std::int64_t now = 1'000'000;
  pid_t next_pid = 100;
};

bool is_live(const Child& child) { return child.state != ChildState::kNobody; }
bool is_serving(const Child& child) {
  return child.state == ChildState::kStarting || child.state == ChildState::kReady;
}

World new_world() {
  World world;
  world.roster.bounds = {.drain_ms = kDrainBoundMs, .silence_ms = kSilenceBoundMs};
  world.roster.restarts_booked_until_ms = world.now;
  Slot slot;
  slot.next_start_ms = world.now;
  world.roster.pools.push_back({2, {slot, slot}});
  return world;
}

// Two worlds with one key behave alike: times are relative, and cut where nothing depends on them.
std::string key_of(const World& world) {
  std::string key;
  const auto add = [&](std::int64_t number) { key += std::to_string(number) + ','; };
  const auto add_time = [&](std::int64_t time) {
    add(std::max<std::int64_t>(time - world.now, -kStartBoundMs - 1));
  };
  add(static_cast<int>(world.roster.phase));
  add(std::max<std::int64_t>(world.roster.restarts_booked_until_ms - world.now, 0));
  const Pool& pool = world.roster.pools[0];
  add(static_cast<std::int64_t>(pool.wanted));
  for (const Slot& slot : pool.slots) {
    for (const Child* child : {&slot.holder, &slot.predecessor}) {
      add(static_cast<int>(child->state));
      if (!is_live(*child)) continue;
      add_time(child->since_ms);
      if (child->state == ChildState::kReady) add_time(child->seen_ms);
      add(std::max<std::int64_t>(child->started_ms - world.now, -kEarlyDeathMs));
      add(child->generation == world.roster.generation);
      add(child->was_ready);
    }
    add(std::max<std::int64_t>(slot.next_start_ms - world.now, 0));
    add(std::min(slot.early_deaths, 10));
    add(slot.was_started);
  }
  return key;
}

void check_start(const World& world, Place place) {
  const Slot& slot = world.roster.pools[0].slots[place.slot];
  EXPECT_EQ(world.roster.phase, Phase::kRunning) << "a start after the shutdown";
  EXPECT_LT(place.slot, world.roster.pools[0].wanted) << "a start beyond the wanted number";
  EXPECT_FALSE(is_live(slot.holder)) << "two workers in one slot";
  EXPECT_GE(world.now, slot.next_start_ms) << "a start before the back-off is over";
}

void check_leave_order(const World& world, Place place) {
  const Slot& slot = world.roster.pools[0].slots[place.slot];
  EXPECT_TRUE(is_serving(slot.at(place.seat))) << "told to leave twice";
  const bool is_surplus = place.slot >= world.roster.pools[0].wanted;
  const bool is_replaced =
      place.seat == Seat::kPredecessor && slot.holder.state == ChildState::kReady;
  EXPECT_TRUE(world.roster.phase == Phase::kDraining || is_surplus || is_replaced)
      << "told to leave without a reason";
}

void check_kill(const World& world, Place place) {
  const Child& child = world.roster.pools[0].slots[place.slot].at(place.seat);
  EXPECT_TRUE(is_live(child) && child.state != ChildState::kKilled) << "killed twice";
  if (world.roster.phase == Phase::kKilling) return;
  if (child.state == ChildState::kReady) {
    EXPECT_GE(world.now - child.seen_ms, kSilenceBoundMs) << "killed while it gave signs of life";
    return;
  }
  const std::int64_t bound = child.state == ChildState::kDraining ? kDrainBoundMs : kStartBoundMs;
  EXPECT_GE(world.now - child.since_ms, bound) << "killed before the bound";
}

void check_handover(const World& world, Place place) {
  const Pool& pool = world.roster.pools[0];
  EXPECT_EQ(pool.slots[place.slot].holder.state, ChildState::kReady);
  EXPECT_LT(pool.slots[place.slot].holder.generation, world.roster.generation);
  for (const Slot& slot : pool.slots)
    EXPECT_FALSE(is_serving(slot.predecessor)) << "two handovers at a time";
}

void perform(World& world, const Action& action, bool forks_fail) {
  switch (action.kind) {
    case Action::Kind::kStart:
      check_start(world, action.place);
      if (forks_fail) return record_start_failure(world.roster, action.place, world.now);
      return record_start(world.roster, action.place, world.next_pid++, world.now);
    case Action::Kind::kHandOver:
      check_handover(world, action.place);
      return record_handover(world.roster, action.place, world.now);
    case Action::Kind::kTellToLeave:
      check_leave_order(world, action.place);
      return record_leave_order(world.roster, action.place, world.now);
    case Action::Kind::kKill:
      check_kill(world, action.place);
      return record_kill(world.roster, action.place, world.now);
  }
}

void check_bounds(const World& world) {
  for (const Slot& slot : world.roster.pools[0].slots) {
    for (const Child* child : {&slot.holder, &slot.predecessor}) {
      const std::int64_t age_ms = world.now - child->since_ms;
      EXPECT_TRUE(child->state != ChildState::kStarting || age_ms < kStartBoundMs);
      EXPECT_TRUE(child->state != ChildState::kDraining || age_ms < kDrainBoundMs);
      EXPECT_TRUE(child->state != ChildState::kReady ||
                  world.now - child->seen_ms < kSilenceBoundMs);
    }
  }
}

// Carries out what is due, and gives when to wake.
std::optional<std::int64_t> settle(World& world, bool forks_fail = false) {
  for (int round = 0; round < 10; ++round) {
    const Decision decision = decide(world.roster, world.now);
    if (decision.actions.empty()) {
      EXPECT_GT(decision.wake_at_ms.value_or(world.now + 1), world.now) << "a busy loop";
      check_bounds(world);
      return decision.wake_at_ms;
    }
    for (const Action& action : decision.actions) perform(world, action, forks_fail);
  }
  ADD_FAILURE() << "decisions without an end";
  return std::nullopt;
}

std::vector<World> after_children(const World& world) {
  std::vector<World> worlds;
  for (std::size_t index = 0; index < world.roster.pools[0].slots.size(); ++index) {
    for (const Seat seat : {Seat::kHolder, Seat::kPredecessor}) {
      const Place place{0, index, seat};
      const Child& child = world.roster.pools[0].slots[index].at(seat);
      if (!is_live(child)) continue;
      record_ready(worlds.emplace_back(world).roster, place, world.now);
      record_sign_of_life(worlds.emplace_back(world).roster, place, world.now);
      for (const ChildExit& exit :
           {ChildExit{ChildExit::Kind::kClean, 0}, ChildExit{ChildExit::Kind::kFailed, 78},
            ChildExit{ChildExit::Kind::kSignalled, 9}}) {
        World& after = worlds.emplace_back(world);
        record_exit(after.roster, place, exit, world.now);
        const bool had_no_success = seat == Seat::kHolder && child.state == ChildState::kStarting;
        EXPECT_TRUE(!had_no_success || after.roster.pools[0].slots[index].next_start_ms > world.now)
            << "a death before the first success without a back-off";
      }
    }
  }
  return worlds;
}

std::vector<World> after_operator(const World& world) {
  std::vector<World> worlds;
  record_shutdown(worlds.emplace_back(world).roster, Phase::kDraining);
  record_shutdown(worlds.emplace_back(world).roster, Phase::kKilling);
  record_roll(worlds.emplace_back(world).roster, world.roster.bounds, world.now);
  record_own_absence(worlds.emplace_back(world).roster, world.now);
  record_fewer(worlds.emplace_back(world).roster, 0);
  if (world.roster.pools[0].wanted < kMostSlots)
    record_more(worlds.emplace_back(world).roster, 0, world.now);
  return worlds;
}

std::vector<World> after_time(const World& world) {
  std::vector<World> worlds;
  worlds.emplace_back(world).now += kEarlyDeathMs;
  if (const auto wake_at = decide(world.roster, world.now).wake_at_ms) {
    worlds.emplace_back(world).now = *wake_at;
    worlds.emplace_back(world).now = *wake_at - 1;
  }
  return worlds;
}

// A child that behaves: ready when started, gone when told, and never silent.
void behave(World& world) {
  for (std::size_t index = 0; index < world.roster.pools[0].slots.size(); ++index) {
    for (const Seat seat : {Seat::kHolder, Seat::kPredecessor}) {
      const Place place{0, index, seat};
      const ChildState state = child_at(world.roster, place).state;
      if (state == ChildState::kStarting) record_ready(world.roster, place, world.now);
      if (state == ChildState::kReady) record_sign_of_life(world.roster, place, world.now);
      if (state == ChildState::kDraining || state == ChildState::kKilled)
        record_exit(world.roster, place, {}, world.now);
    }
  }
}

// Nobody is left beyond the wanted number.
bool is_trim(const World& world) {
  const Pool& pool = world.roster.pools[0];
  return std::all_of(
      pool.slots.begin() + static_cast<std::ptrdiff_t>(pool.wanted), pool.slots.end(),
      [](const Slot& slot) { return !is_live(slot.holder) && !is_live(slot.predecessor); });
}

void expect_recovery(World world) {
  for (int round = 0; round < 100; ++round) {
    behave(world);
    const std::optional<std::int64_t> wake_at = settle(world);
    if (world.roster.phase != Phase::kRunning && is_deserted(world.roster)) return;
    if (world.roster.phase == Phase::kRunning && is_rolled(world.roster) && is_trim(world)) return;
    if (wake_at) world.now = *wake_at;
  }
  ADD_FAILURE() << "no recovery from " << key_of(world);
}

TEST(PolicyExploration, HoldsItsPropertiesInEveryReachableState) {
  std::vector<World> frontier{new_world()};
  settle(frontier[0]);
  std::set<std::string> seen{key_of(frontier[0])};
  for (int depth = 0; depth < kDepth; ++depth) {
    std::vector<World> next;
    const auto visit = [&](World world, bool forks_fail) {
      settle(world, forks_fail);
      if (!seen.insert(key_of(world)).second) return;
      expect_recovery(world);
      next.push_back(std::move(world));
    };
    for (const World& world : frontier) {
      for (const World& after : after_children(world)) {
        visit(after, false);
        visit(after, true);
      }
      for (const World& after : after_operator(world)) {
        EXPECT_GE(after.roster.phase, world.roster.phase) << "a shutdown taken back";
        visit(after, false);
      }
      for (const World& after : after_time(world)) visit(after, false);
      if (testing::Test::HasFailure()) return;
    }
    frontier = std::move(next);
  }
  RecordProperty("states", static_cast<int>(seen.size()));
  EXPECT_GT(seen.size(), 10'000U);
}

}  // namespace
}  // namespace latchkey::process
