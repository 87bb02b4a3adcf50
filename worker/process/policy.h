// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the supervisor does next: a pure function of the roster and the time.
//
// Running: every wanted slot is filled, unless it waits after an early death or the restart rate
// is used up; what is beyond the wanted number is told to leave. In a rolling restart one slot per
// pool is in handover at a time: the holder becomes the predecessor, its successor starts, and
// only when that is ready is the predecessor told to leave. A successor that cannot start holds
// the rest up while all the others serve.
// Draining: everybody is told to leave. Killing: everybody is killed.
// In every phase: who was told to leave and has not within the drain bound is killed, and so is
// who has not become ready within kStartBoundMs, or has given no sign of life for as long as the
// silence bound: it hangs.
//
// The mechanism carries the actions out, records them in the roster, and asks again until there
// are none; then it sleeps until an event or `wake_at_ms`.
//
// Runs in the supervisor. No I/O, no clock, no failures.

#include <cstdint>
#include <optional>
#include <vector>

#include "process/roster.h"

namespace latchkey::process {

// Generous: a cold disk and a busy machine, not a database, which a worker does not wait for.
inline constexpr std::int64_t kStartBoundMs = 30'000;

struct Action {
  enum class Kind { kStart, kHandOver, kTellToLeave, kKill };

  Kind kind = Kind::kStart;
  Place place;

  bool operator==(const Action&) const = default;
};

struct Decision {
  std::vector<Action> actions;
  // When there may be something to do without an event; nothing: never.
  std::optional<std::int64_t> wake_at_ms;
};

[[nodiscard]] Decision decide(const Roster& roster, std::int64_t now_ms);

}  // namespace latchkey::process
