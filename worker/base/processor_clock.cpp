// SPDX-License-Identifier: Apache-2.0
#include "base/processor_clock.h"

#include <ctime>

namespace latchkey::base {

std::int64_t SystemProcessorClock::used_ns() const {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

}  // namespace latchkey::base
