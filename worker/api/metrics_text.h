// SPDX-License-Identifier: Apache-2.0
#pragma once

// `GET /metrics`: what the shared segment has counted, as Prometheus reads it. Names and units are
// after its conventions ("Metric and label naming"): seconds, totals, one unit a family. The names
// are a contract with dashboards and alert rules; a test holds the list.
//
// Runs in workers, and look_at_node() on the command line too. No failures.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/route.h"
#include "shm/breaker.h"
#include "shm/metrics.h"
#include "shm/revocations.h"
#include "shm/scoreboard.h"

namespace latchkey::api {

// Everything that the workers of this node share, as it is now.
struct NodeView {
  shm::MetricsView metrics;
  std::vector<shm::WorkerView> workers;
  std::array<shm::PoolView, shm::kPools> pools;
  shm::BreakerView database_breaker;
  std::size_t revoked_sessions = 0;
};

NodeView look_at_node(const shm::SharedLayout& shared, const shm::Breaker& database_breaker,
                      const base::Clock& clock);

std::string metrics_text(const NodeView& node, const std::vector<http::Route>& routes,
                         std::string_view version);

// The series of requests that no route answers.
inline constexpr std::size_t kOtherSeries = shm::kRouteSeries - 1;

}  // namespace latchkey::api
