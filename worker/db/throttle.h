// SPDX-License-Identifier: Apache-2.0
#pragma once

// How fast passwords may be guessed: the numbers that the functions of login and of the change of a
// password are called with. What they mean, and how attempts are counted, is in
// sql/deploy/login_throttle.sql.
//
// Runs in hash workers; made from the settings. No failures.

#include <cstdint>
#include <optional>

#include "db/database.h"

namespace latchkey::db {

struct Throttle {
  std::int32_t free_attempts = 1;  // before the first delay, which is a second
  std::int32_t max_delay_s = 1;
  std::int32_t reset_s = 1;  // without an attempt; no shorter than the longest delay
};

// The three arguments of a function; NULL where there is no throttle.
inline Parameter free_of(const std::optional<Throttle>& throttle) {
  return throttle ? Parameter(throttle->free_attempts) : Parameter(std::nullopt);
}
inline Parameter max_delay_of(const std::optional<Throttle>& throttle) {
  return throttle ? Parameter(throttle->max_delay_s) : Parameter(std::nullopt);
}
inline Parameter reset_of(const std::optional<Throttle>& throttle) {
  return throttle ? Parameter(throttle->reset_s) : Parameter(std::nullopt);
}

}  // namespace latchkey::db
