// SPDX-License-Identifier: Apache-2.0
#include "process/policy.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace latchkey::process {
namespace {

bool is_serving(const Child& child) {
  return child.state == ChildState::kStarting || child.state == ChildState::kReady;
}

bool is_in_handover(const Slot& slot) { return is_serving(slot.predecessor); }

class Deliberation {
 public:
  Deliberation(const Roster& roster, std::int64_t now_ms) : roster_(roster), now_ms_(now_ms) {}

  Decision run() && {
    for (std::size_t pool = 0; pool < roster_.pools.size(); ++pool) look_at_pool(pool);
    start_vacancies();
    return std::move(decision_);
  }

 private:
  struct Vacancy {
    std::int64_t since_ms;
    Place place;
    bool is_restart;
  };

  void look_at_pool(std::size_t pool_index) {
    const Pool& pool = roster_.pools[pool_index];
    bool hands_over = std::ranges::any_of(pool.slots, is_in_handover);
    for (std::size_t index = 0; index < pool.slots.size(); ++index) {
      const Slot& slot = pool.slots[index];
      const bool stays = roster_.phase == Phase::kRunning && index < pool.wanted;
      const Place holder{pool_index, index, Seat::kHolder};
      const Place predecessor{pool_index, index, Seat::kPredecessor};
      look_at_child(slot.holder, holder, stays);
      look_at_child(slot.predecessor, predecessor,
                    stays && slot.holder.state != ChildState::kReady);
      if (!stays) continue;
      if (slot.holder.state == ChildState::kNobody) look_at_vacancy(slot, holder);
      if (!hands_over && is_outdated(slot)) {
        hands_over = true;
        act(Action::Kind::kHandOver, holder);
      }
    }
  }

  [[nodiscard]] bool is_outdated(const Slot& slot) const {
    return slot.holder.state == ChildState::kReady &&
           slot.holder.generation != roster_.generation &&
           slot.predecessor.state == ChildState::kNobody;
  }

  void look_at_child(const Child& child, Place place, bool stays) {
    if (child.state == ChildState::kNobody || child.state == ChildState::kKilled) return;
    if (roster_.phase == Phase::kKilling) {
      act(Action::Kind::kKill, place);
    } else if (is_serving(child) && !stays) {
      act(Action::Kind::kTellToLeave, place);
    } else if (child.state == ChildState::kStarting) {
      kill_at(child.since_ms + kStartBoundMs, place);
    } else if (child.state == ChildState::kDraining) {
      kill_at(child.since_ms + child.drain_bound_ms, place);
    } else if (child.silence_bound_ms > 0) {
      kill_at(child.seen_ms + child.silence_bound_ms, place);
    }
  }

  void look_at_vacancy(const Slot& slot, Place place) {
    if (now_ms_ < slot.next_start_ms) {
      wake_at(slot.next_start_ms);
    } else {
      vacancies_.push_back({slot.next_start_ms, place, slot.was_started});
    }
  }

  // The longest wait comes first, so that no pool can use the restart rate up for another.
  void start_vacancies() {
    std::ranges::stable_sort(vacancies_, {}, &Vacancy::since_ms);
    std::int64_t booked_until_ms = roster_.restarts_booked_until_ms;
    for (const Vacancy& vacancy : vacancies_) {
      if (vacancy.is_restart) {
        const std::int64_t allowed_ms = next_restart_ms(booked_until_ms);
        if (now_ms_ < allowed_ms) {
          wake_at(allowed_ms);
          continue;
        }
        booked_until_ms = book_restart(booked_until_ms, now_ms_);
      }
      act(Action::Kind::kStart, vacancy.place);
    }
  }

  void kill_at(std::int64_t bound_ms, Place place) {
    if (now_ms_ < bound_ms) {
      wake_at(bound_ms);
    } else {
      act(Action::Kind::kKill, place);
    }
  }

  void act(Action::Kind kind, Place place) { decision_.actions.push_back({kind, place}); }

  void wake_at(std::int64_t at_ms) {
    decision_.wake_at_ms = std::min(decision_.wake_at_ms.value_or(at_ms), at_ms);
  }

  const Roster& roster_;
  const std::int64_t now_ms_;
  Decision decision_;
  std::vector<Vacancy> vacancies_;
};

}  // namespace

Decision decide(const Roster& roster, std::int64_t now_ms) {
  return Deliberation(roster, now_ms).run();
}

}  // namespace latchkey::process
