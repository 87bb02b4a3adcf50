// SPDX-License-Identifier: Apache-2.0
#include "model_state.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace latchkey::model {

namespace {

using shm::BreakerState;
using shm::BreakerWord;

bool has_words(const Worker& worker) {
  return !worker.is_outdated && (worker.place == Place::kLoaded || worker.place == Place::kDecided);
}

// `change` works on every word of the state whose value still matters.
template <typename Change>
void for_each_word(State& state, Change change) {
  const auto apply = [&](std::uint64_t& bits) {
    BreakerWord word = BreakerWord::unpack(bits);
    change(word);
    bits = word.pack();
  };
  apply(state.word);
  for (Worker& worker : state.workers) {
    if (has_words(worker)) {
      apply(worker.seen);
      if (worker.place == Place::kDecided) {
        apply(worker.next);
      }
    }
  }
}

void rename_ticket(Worker& worker, std::uint32_t current) {
  const bool is_of_next_period =
      worker.place == Place::kDecided && worker.ticket_epoch == current + 1;
  if (worker.ticket_epoch == current) {
    worker.ticket_epoch = kEpoch;
  } else if (is_of_next_period) {
    worker.ticket_epoch = kEpoch + 1;
  } else if (worker.ticket_epoch != 0) {
    worker.ticket_epoch = kOldEpoch;
    worker.is_probe = false;
  }
}

void forget_word(Worker& worker) {
  worker.is_outdated = true;
  worker.seen = 0;
  worker.next = 0;
  worker.transition = {};
  worker.is_granted = false;
  worker.clock_age = 0;
}

void rename_epochs(State& state, bool forget_outdated) {
  const std::uint32_t current = BreakerWord::unpack(state.word).epoch;
  for (Worker& worker : state.workers) {
    if (forget_outdated && has_words(worker) && BreakerWord::unpack(worker.seen).epoch != current) {
      forget_word(worker);
      if (worker.event == shm::BreakerEvent::Kind::kAdmit) {
        worker.ticket_epoch = 0;
        worker.is_probe = false;
      }
    }
    rename_ticket(worker, current);
  }
  for_each_word(state, [&](BreakerWord& word) { word.epoch += kEpoch - current; });
}

// Passed deadlines become now, now - 1, ... in their order.
void rank_passed_deadlines(State& state) {
  std::vector<std::uint32_t> passed;
  for_each_word(state, [&](const BreakerWord& word) {
    if (word.state != BreakerState::kClosed && word.until_ms <= kNow) {
      passed.push_back(word.until_ms);
    }
  });
  std::sort(passed.begin(), passed.end());
  passed.erase(std::unique(passed.begin(), passed.end()), passed.end());
  for_each_word(state, [&](BreakerWord& word) {
    if (word.state != BreakerState::kClosed && word.until_ms <= kNow) {
      const auto later =
          passed.end() - std::upper_bound(passed.begin(), passed.end(), word.until_ms);
      word.until_ms = static_cast<std::uint32_t>(kNow - later);
    }
  });
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
  return hash ^ (hash >> 29U);
}

}  // namespace

std::size_t StateHash::operator()(const State& state) const {
  std::uint64_t hash = mix(0, state.word);
  hash = mix(hash, (std::uint64_t{state.failures} << 24U) | (std::uint64_t{state.probes} << 16U) |
                       (std::uint64_t{state.opened_age} << 8U) | state.probe_age);
  for (const Worker& worker : state.workers) {
    hash = mix(hash, worker.seen);
    hash = mix(hash, worker.next);
    hash = mix(hash, (std::uint64_t{worker.ticket_epoch} << 32U) |
                         (static_cast<std::uint64_t>(worker.place) << 24U) |
                         (static_cast<std::uint64_t>(worker.event) << 20U) |
                         (static_cast<std::uint64_t>(worker.transition) << 16U) |
                         (static_cast<std::uint64_t>(worker.is_granted) << 10U) |
                         (static_cast<std::uint64_t>(worker.is_probe) << 9U) |
                         (static_cast<std::uint64_t>(worker.is_outdated) << 8U) | worker.clock_age);
  }
  return static_cast<std::size_t>(hash);
}

void advance_time(State& state, std::uint8_t oldest) {
  for_each_word(state, [](BreakerWord& word) {
    if (word.state != BreakerState::kClosed) {
      --word.until_ms;
    }
  });
  const auto grow = [&](std::uint8_t& age) { age = std::min<std::uint8_t>(age + 1U, oldest); };
  if (BreakerWord::unpack(state.word).state == BreakerState::kOpen) {
    grow(state.opened_age);
  }
  if (state.probes > 0) {
    grow(state.probe_age);
  }
  for (Worker& worker : state.workers) {
    if (!worker.is_outdated && (worker.place == Place::kTimed || worker.place == Place::kDecided)) {
      grow(worker.clock_age);
    }
  }
}

void make_canonical(State& state, bool forget_outdated) {
  rename_epochs(state, forget_outdated);
  rank_passed_deadlines(state);
  std::sort(state.workers.begin(), state.workers.end());
}

}  // namespace latchkey::model
