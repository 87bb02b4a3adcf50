// SPDX-License-Identifier: Apache-2.0
#pragma once

// The shared segment as every process of one node sees it: the same file, the same breakers, read
// by the same settings.
//
// Used by serve, worker and status.

#include <array>
#include <string_view>

#include "config/settings.h"
#include "shm/breaker.h"
#include "shm/layout.h"
#include "shm/segment.h"

namespace latchkey::cli {

struct NamedBreaker {
  std::string_view name;
  shm::BreakerRecord shm::SharedLayout::*record;
};

inline constexpr std::array kBreakers{
    NamedBreaker{"database", &shm::SharedLayout::database_breaker},
};

// For who needs a segment in any case: one of its own, with an ERROR in the log, where the shared
// one cannot be used.
shm::Segment open_segment(const config::Settings& settings);

shm::BreakerOptions breaker_options(const config::Settings& settings);

}  // namespace latchkey::cli
