// SPDX-License-Identifier: Apache-2.0
#include "process/roster.h"

#include <algorithm>

#include "base/invariant.h"

namespace latchkey::process {
namespace {

constexpr int kBackoffDoublings = 16;  // more would only risk the shift

Slot& slot_at(Roster& roster, Place place) { return roster.pools[place.pool].slots[place.slot]; }

void enter(Child& child, ChildState state, std::int64_t now_ms) {
  child.state = state;
  child.since_ms = now_ms;
}

bool is_early_death(const Child& child, const ChildExit& exit, std::int64_t now_ms) {
  if (child.state == ChildState::kDraining) return false;
  if (!child.was_ready) return true;
  return exit.kind == ChildExit::Kind::kFailed && now_ms - child.started_ms < kEarlyDeathMs;
}

void back_off(Slot& slot, std::int64_t now_ms) {
  const int doublings = std::min(slot.early_deaths, kBackoffDoublings);
  ++slot.early_deaths;
  slot.next_start_ms = now_ms + std::min(kFirstBackoffMs << doublings, kLongestBackoffMs);
}

template <typename Predicate>
bool all_wanted(const Roster& roster, Predicate predicate) {
  return std::ranges::all_of(roster.pools, [&](const Pool& pool) {
    const auto end = pool.slots.begin() + static_cast<std::ptrdiff_t>(pool.wanted);
    return std::all_of(pool.slots.begin(), end, predicate);
  });
}

}  // namespace

void record_start(Roster& roster, Place place, pid_t pid, std::int64_t now_ms) {
  Slot& slot = slot_at(roster, place);
  base::require(slot.holder.state == ChildState::kNobody, "a second worker in one slot");
  if (slot.was_started)
    roster.restarts_booked_until_ms = book_restart(roster.restarts_booked_until_ms, now_ms);
  slot.was_started = true;
  slot.holder = {.state = ChildState::kStarting,
                 .pid = pid,
                 .since_ms = now_ms,
                 .started_ms = now_ms,
                 .seen_ms = now_ms,
                 .silence_bound_ms = roster.bounds.silence_ms,
                 .drain_bound_ms = roster.bounds.drain_ms,
                 .generation = roster.generation};
}

void record_start_failure(Roster& roster, Place place, std::int64_t now_ms) {
  back_off(slot_at(roster, place), now_ms);
}

void record_ready(Roster& roster, Place place, std::int64_t now_ms) {
  Child& child = child_at(roster, place);
  if (child.state != ChildState::kStarting) return;  // told twice, or too late
  enter(child, ChildState::kReady, now_ms);
  child.seen_ms = now_ms;
  child.was_ready = true;
  slot_at(roster, place).was_ready = true;
}

void record_sign_of_life(Roster& roster, Place place, std::int64_t now_ms) {
  child_at(roster, place).seen_ms = now_ms;
}

void record_own_absence(Roster& roster, std::int64_t now_ms) {
  for (Pool& pool : roster.pools) {
    for (Slot& slot : pool.slots) {
      slot.holder.seen_ms = now_ms;
      slot.predecessor.seen_ms = now_ms;
    }
  }
}

void record_exit(Roster& roster, Place place, const ChildExit& exit, std::int64_t now_ms) {
  Slot& slot = slot_at(roster, place);
  Child& child = slot.at(place.seat);
  base::require(child.state != ChildState::kNobody, "the exit of nobody");
  if (place.seat == Seat::kHolder) {
    if (is_early_death(child, exit, now_ms)) {
      back_off(slot, now_ms);
    } else {
      slot.early_deaths = 0;
      slot.next_start_ms = now_ms;
    }
  }
  child = {};
}

void record_leave_order(Roster& roster, Place place, std::int64_t now_ms) {
  enter(child_at(roster, place), ChildState::kDraining, now_ms);
}

void record_kill(Roster& roster, Place place, std::int64_t now_ms) {
  enter(child_at(roster, place), ChildState::kKilled, now_ms);
}

void record_handover(Roster& roster, Place place, std::int64_t now_ms) {
  Slot& slot = slot_at(roster, place);
  base::require(slot.predecessor.state == ChildState::kNobody, "a second predecessor in one slot");
  slot.predecessor = slot.holder;
  slot.holder = {};
  slot.next_start_ms = now_ms;
}

void record_shutdown(Roster& roster, Phase phase) { roster.phase = std::max(roster.phase, phase); }

void record_roll(Roster& roster, const Bounds& bounds, std::int64_t now_ms) {
  ++roster.generation;
  roster.bounds = bounds;
  // The operator has changed something: what failed before may work now.
  for (Pool& pool : roster.pools) {
    for (Slot& slot : pool.slots) {
      slot.early_deaths = 0;
      slot.next_start_ms = std::min(slot.next_start_ms, now_ms);
    }
  }
}

bool record_more(Roster& roster, std::size_t pool, std::int64_t now_ms) {
  Pool& changed = roster.pools[pool];
  if (changed.wanted >= kMaxWorkersPerPool) return false;
  ++changed.wanted;
  if (changed.slots.size() < changed.wanted) changed.slots.emplace_back().next_start_ms = now_ms;
  return true;
}

bool record_fewer(Roster& roster, std::size_t pool) {
  if (roster.pools[pool].wanted <= 1) return false;
  --roster.pools[pool].wanted;
  return true;
}

Child& child_at(Roster& roster, Place place) { return slot_at(roster, place).at(place.seat); }

std::optional<Place> find(const Roster& roster, pid_t pid) {
  if (pid <= 0) return std::nullopt;
  for (std::size_t pool = 0; pool < roster.pools.size(); ++pool) {
    const std::vector<Slot>& slots = roster.pools[pool].slots;
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
      for (const Seat seat : {Seat::kHolder, Seat::kPredecessor}) {
        if (slots[slot].at(seat).pid == pid) return Place{pool, slot, seat};
      }
    }
  }
  return std::nullopt;
}

bool is_deserted(const Roster& roster) {
  return std::ranges::all_of(roster.pools, [](const Pool& pool) {
    return std::ranges::all_of(pool.slots, [](const Slot& slot) {
      return slot.holder.state == ChildState::kNobody &&
             slot.predecessor.state == ChildState::kNobody;
    });
  });
}

bool was_filled(const Roster& roster) {
  return all_wanted(roster, [](const Slot& slot) { return slot.was_ready; });
}

bool is_rolled(const Roster& roster) {
  return all_wanted(roster, [&](const Slot& slot) {
    return slot.holder.state == ChildState::kReady && slot.holder.generation == roster.generation &&
           slot.predecessor.state == ChildState::kNobody;
  });
}

std::int64_t next_restart_ms(std::int64_t booked_until_ms) {
  return booked_until_ms - (kRestartBurst - 1) * kRestartIntervalMs;
}

std::int64_t book_restart(std::int64_t booked_until_ms, std::int64_t now_ms) {
  return std::max(booked_until_ms, now_ms) + kRestartIntervalMs;
}

}  // namespace latchkey::process
