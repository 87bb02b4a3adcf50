// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much there is to do, by pool and by route: the difference of two looks at the counters of the
// shared segment, or one look at what they hold since the segment was made.
//
// Runs on the command line. No failures.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "http/route.h"
#include "shm/metrics.h"

namespace latchkey::cli {

struct PoolTraffic {
  std::string_view pool;
  std::uint64_t requests = 0;
  std::int64_t waited_us = 0;  // for a worker, all of them together
};

struct RouteTraffic {
  std::string_view method;
  std::string_view path;
  std::uint64_t requests = 0;
  std::uint64_t server_errors = 0;  // 5xx
  std::int64_t took_us = 0;         // in the worker, all of them together
};

struct Traffic {
  std::int64_t over_ms = 0;  // 0: nobody knows how long, and there are no rates
  std::array<PoolTraffic, shm::kPools> pools{};
  std::vector<RouteTraffic> routes;  // those that had requests, the busiest first
};

// What came between the two. With an empty `before` and the age of the segment: all there was.
Traffic traffic_between(const shm::MetricsView& before, const shm::MetricsView& after,
                        std::int64_t over_ms, const std::vector<http::Route>& routes);

std::string traffic_table(const Traffic& traffic);
// The members "over_ms", "pools" and "routes" of the object that is open.
void write_traffic(base::JsonWriter& json, const Traffic& traffic);

}  // namespace latchkey::cli
