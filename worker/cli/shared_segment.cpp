// SPDX-License-Identifier: Apache-2.0
#include "cli/shared_segment.h"

#include <cstdint>

#include "base/error.h"
#include "base/log.h"

namespace latchkey::cli {

shm::Segment open_segment(const config::Settings& settings) {
  try {
    return shm::Segment::open_or_create(settings.runtime_dir);
  } catch (const base::Error& error) {
    base::Logger("latchkey.shm")
        .error("the shared segment cannot be used: this process has a circuit breaker of its own",
               {{"cause", std::string_view(error.what())}});
    return shm::Segment::make_private();
  }
}

shm::BreakerOptions breaker_options(const config::Settings& settings) {
  return {
      .threshold = static_cast<std::uint32_t>(settings.circuit_breaker_threshold),
      .timeout_ms = settings.circuit_breaker_timeout.count(),
      .half_open_max_calls =
          static_cast<std::uint32_t>(settings.circuit_breaker_half_open_max_calls),
      // Twice what a call may take: room for a slow machine.
      .lease_ms = 2 * settings.database_timeout.count(),
  };
}

}  // namespace latchkey::cli
