// SPDX-License-Identifier: Apache-2.0
#pragma once

// What became of one request, for the log and for the metrics.
//
// Runs in workers. Plain data; valid while the request is in hand.

#include <cstdint>
#include <functional>

#include "base/cost_meter.h"
#include "base/error.h"
#include "http/route.h"

namespace latchkey::http {

struct Observation {
  const Route* route = nullptr;  // nullptr: no path of ours, or not this method
  int status = 0;
  const base::Error* error = nullptr;  // nullptr: none
  std::int64_t duration_ns = 0;
  base::Costs costs;
};

// Whoever counts. Must not throw.
using Observer = std::function<void(const Observation&)>;

}  // namespace latchkey::http
