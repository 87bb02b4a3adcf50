// SPDX-License-Identifier: Apache-2.0
#pragma once

// Explores every state that two or three workers can reach on one breaker, and holds the
// properties.
//
// A step is one atomic action: a worker loads the word, reads the clock and decides, exchanges the
// word (as Breaker::apply does: a failed exchange has loaded the new word), begins a report, or
// dies; or time advances by one unit. Workers may call, report success or failure, abandon, reset
// and die at any place, without bound.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shm/breaker_word.h"

namespace latchkey::model {

using Rules = std::function<shm::BreakerDecision(const shm::BreakerWord&, const shm::BreakerEvent&,
                                                 std::int64_t now_ms, const shm::BreakerOptions&)>;

struct System {
  std::size_t workers = 2;
  shm::BreakerOptions options{};
  Rules rules = shm::decide;
  // What a canary does wrong outside the rules.
  bool stores_blindly = false;
  bool reads_clock_first = false;
};

struct Result {
  std::size_t states = 0;
  std::array<std::size_t, 6> transitions{};  // by BreakerTransition, successful exchanges
  std::size_t failed_exchanges = 0;
  std::string violation;           // "" if every property holds
  std::vector<std::string> trace;  // the shortest way to the violation
};

Result explore(const System& system);

}  // namespace latchkey::model
