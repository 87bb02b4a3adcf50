// SPDX-License-Identifier: Apache-2.0
#include "api/metrics_text.h"

#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "api/routes.h"

namespace latchkey::api {
namespace {

std::string text_of(const NodeView& node) { return metrics_text(node, routes(), "1.2.3"); }

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

// The names are a contract: dashboards and alert rules are written against them. A name may be
// added here; one that is there is not changed or taken away.
TEST(MetricsText, TheNamesAreFrozen) {
  std::set<std::string> families;
  std::istringstream lines(text_of({}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) families.insert(line.substr(7));
  }
  EXPECT_EQ(families, (std::set<std::string>{
                          "latchkey_build_info gauge",
                          "latchkey_circuit_breaker_probes_lost_total counter",
                          "latchkey_circuit_breaker_refused_total counter",
                          "latchkey_circuit_breaker_resets_total counter",
                          "latchkey_circuit_breaker_state gauge",
                          "latchkey_circuit_breaker_transitions_total counter",
                          "latchkey_database_duration_seconds histogram",
                          "latchkey_errors_total counter",
                          "latchkey_hash_duration_seconds histogram",
                          "latchkey_http_request_duration_seconds histogram",
                          "latchkey_http_requests_total counter",
                          "latchkey_logins_total counter",
                          "latchkey_password_changes_total counter",
                          "latchkey_password_rehashes_total counter",
                          "latchkey_queue_duration_seconds histogram",
                          "latchkey_refreshes_total counter",
                          "latchkey_registrations_total counter",
                          "latchkey_revoked_sessions gauge",
                          "latchkey_worker_exits_total counter",
                          "latchkey_worker_starts_total counter",
                          "latchkey_workers gauge",
                      }));
}

TEST(MetricsText, EveryRouteHasASeriesOfItsOwn) {
  std::set<std::size_t> series;
  for (const http::Route& route : routes()) {
    EXPECT_LT(route.series, kOtherSeries);
    EXPECT_TRUE(series.insert(route.series).second) << route.path << " shares its series";
  }
}

TEST(MetricsText, AHistogramCountsUpwards) {
  NodeView node;
  node.metrics.hashing.buckets[0] = 2;
  node.metrics.hashing.buckets[3] = 1;
  node.metrics.hashing.buckets[shm::kBuckets - 1] = 4;
  node.metrics.hashing.sum_us = 50'250'000;
  const std::string text = text_of(node);
  for (const char* const line :
       {R"(latchkey_hash_duration_seconds_bucket{le="0.0005"} 2)",
        R"(latchkey_hash_duration_seconds_bucket{le="0.0025"} 2)",
        R"(latchkey_hash_duration_seconds_bucket{le="0.005"} 3)",
        R"(latchkey_hash_duration_seconds_bucket{le="10"} 3)",
        R"(latchkey_hash_duration_seconds_bucket{le="+Inf"} 7)",
        "latchkey_hash_duration_seconds_sum 50.25", "latchkey_hash_duration_seconds_count 7"})
    EXPECT_TRUE(has_line(text, line)) << line;
}

TEST(MetricsText, CountsWorkersByPoolAndState) {
  NodeView node;
  node.workers = {{.pool = 0, .state = shm::WorkerState::kIdle},
                  {.pool = 0, .state = shm::WorkerState::kBusy},
                  {.pool = 0, .state = shm::WorkerState::kBusy},
                  {.pool = 1, .state = shm::WorkerState::kLeaving}};
  node.pools[1].started = 9;
  node.pools[1].left[static_cast<std::size_t>(shm::ExitReason::kRecycled)] = 5;
  const std::string text = text_of(node);
  for (const char* const line : {R"(latchkey_workers{pool="api",state="idle"} 1)",
                                 R"(latchkey_workers{pool="api",state="busy"} 2)",
                                 R"(latchkey_workers{pool="hash",state="leaving"} 1)",
                                 R"(latchkey_workers{pool="hash",state="idle"} 0)",
                                 R"(latchkey_worker_starts_total{pool="hash"} 9)",
                                 R"(latchkey_worker_exits_total{pool="hash",reason="recycled"} 5)"})
    EXPECT_TRUE(has_line(text, line)) << line;
}

TEST(MetricsText, ShowsTheBreakerAndTheEvents) {
  NodeView node;
  node.database_breaker = {.state = shm::BreakerState::kOpen, .opened = 3, .refused = 17};
  node.metrics.events[static_cast<std::size_t>(base::Event::kRefreshReused)] = 6;
  node.metrics.events[static_cast<std::size_t>(base::Event::kPasswordRehashed)] = 8;
  node.metrics.events[static_cast<std::size_t>(base::Event::kLoginThrottled)] = 9;
  node.metrics.events[static_cast<std::size_t>(base::Event::kPasswordChangeThrottled)] = 4;
  const std::string text = text_of(node);
  for (const char* const line :
       {R"(latchkey_circuit_breaker_state{breaker="database",state="open"} 1)",
        R"(latchkey_circuit_breaker_state{breaker="database",state="closed"} 0)",
        R"(latchkey_circuit_breaker_transitions_total{breaker="database",to="open"} 3)",
        R"(latchkey_circuit_breaker_refused_total{breaker="database"} 17)",
        R"(latchkey_refreshes_total{outcome="reused"} 6)", "latchkey_password_rehashes_total 8",
        R"(latchkey_logins_total{outcome="throttled"} 9)",
        R"(latchkey_password_changes_total{outcome="throttled"} 4)",
        R"(latchkey_build_info{version="1.2.3"} 1)"})
    EXPECT_TRUE(has_line(text, line)) << line;
}

}  // namespace
}  // namespace latchkey::api
