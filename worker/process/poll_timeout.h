// SPDX-License-Identifier: Apache-2.0
#pragma once

// The time that poll(2) or epoll_wait(2) may take, from the points in time that somebody waits for.
//
// Runs in the supervisor and in workers. No failures.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>

namespace latchkey::process {

// A wait longer than this is cut and begun again: poll takes an int.
inline constexpr std::int64_t kLongestWaitMs = 24LL * 60 * 60 * 1000;

// Milliseconds from `now_ms` to the earliest of `due_ms`; -1, for ever, where none is set.
inline int poll_timeout(std::int64_t now_ms,
                        std::initializer_list<std::optional<std::int64_t>> due_ms) {
  std::optional<std::int64_t> earliest;
  for (const std::optional<std::int64_t>& due : due_ms) {
    if (due) earliest = std::min(earliest.value_or(*due), *due);
  }
  if (!earliest) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(*earliest - now_ms, 0, kLongestWaitMs));
}

}  // namespace latchkey::process
