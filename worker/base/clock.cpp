// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <ctime>

namespace latchkey::base {

std::int64_t SystemClock::wall_ms() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::int64_t SystemClock::monotonic_ns() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace latchkey::base
