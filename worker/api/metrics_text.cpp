// SPDX-License-Identifier: Apache-2.0
#include "api/metrics_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "api/prometheus_text.h"
#include "base/error_code.h"
#include "base/events.h"

namespace latchkey::api {
namespace {

using base::Event;
using Labels = PrometheusText::Labels;

constexpr std::array<std::string_view, shm::kStatusClasses> kClasses{"1xx", "2xx", "3xx", "4xx",
                                                                     "5xx"};

void write_histogram(PrometheusText& text, const Labels& labels,
                     const shm::HistogramView& histogram) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < shm::kBuckets; ++i) {
    count += histogram.buckets[i];
    const std::string bound =
        i < shm::kBucketBoundsUs.size()
            ? format_seconds(static_cast<std::uint64_t>(shm::kBucketBoundsUs[i]))
            : "+Inf";
    Labels with_bound = labels;
    with_bound.emplace_back("le", bound);
    text.sample(with_bound, count, "_bucket");
  }
  text.seconds(labels, histogram.sum_us, "_sum");
  text.sample(labels, count, "_count");
}

// Each route that exists, and what none answers; calls write(series, labels).
template <typename Write>
void for_each_series(const std::vector<http::Route>& routes, Write write) {
  for (const http::Route& route : routes)
    write(route.series, Labels{{"method", route.method}, {"route", route.path}});
  write(kOtherSeries, Labels{{"method", "other"}, {"route", "other"}});
}

void write_requests(PrometheusText& text, const shm::MetricsView& metrics,
                    const std::vector<http::Route>& routes) {
  text.family("latchkey_http_requests_total", "counter",
              "Requests that workers answered, by route and class of status.");
  for_each_series(routes, [&](std::size_t series, const Labels& labels) {
    for (std::size_t i = 0; i < shm::kStatusClasses; ++i) {
      Labels with_class = labels;
      with_class.emplace_back("code", kClasses[i]);
      text.sample(with_class, metrics.routes[series].answers[i]);
    }
  });
  text.family("latchkey_http_request_duration_seconds", "histogram",
              "Time from the parameters of a request to its answer, in the worker.");
  for_each_series(routes, [&](std::size_t series, const Labels& labels) {
    write_histogram(text, labels, metrics.routes[series].duration);
  });
  text.family("latchkey_errors_total", "counter", "Error answers by code.");
  for (const base::ErrorCodeRow& row : base::kErrorCodes)
    text.sample({{"code", row.name}}, metrics.errors[static_cast<std::size_t>(row.code)]);
}

void write_costs(PrometheusText& text, const shm::MetricsView& metrics) {
  text.family("latchkey_database_duration_seconds", "histogram",
              "Time that a request spent in the database, of those that went there.");
  write_histogram(text, {}, metrics.database);
  text.family("latchkey_hash_duration_seconds", "histogram",
              "Time that a request spent hashing passwords, of those that did.");
  write_histogram(text, {}, metrics.hashing);
}

void write_queues(PrometheusText& text, const shm::MetricsView& metrics) {
  text.family("latchkey_queue_duration_seconds", "histogram",
              "Time that requests waited for a worker, since nginx handed them over.");
  for (std::size_t pool = 0; pool < shm::kPools; ++pool)
    write_histogram(text, {{"pool", shm::name_of_pool(pool)}}, metrics.queues[pool]);
}

struct EventRow {
  Event event;
  std::string_view outcome;
};

void write_events(PrometheusText& text, const shm::MetricsView& metrics, std::string_view name,
                  std::string_view help, std::initializer_list<EventRow> rows) {
  text.family(name, "counter", help);
  for (const EventRow& row : rows) {
    const std::uint64_t value = metrics.events[static_cast<std::size_t>(row.event)];
    text.sample(row.outcome.empty() ? Labels{} : Labels{{"outcome", row.outcome}}, value);
  }
}

void write_all_events(PrometheusText& text, const shm::MetricsView& metrics) {
  write_events(text, metrics, "latchkey_logins_total", "Logins that reached a worker, by outcome.",
               {{Event::kLoginSucceeded, "success"},
                {Event::kLoginRefused, "invalid_credentials"},
                {Event::kLoginInactive, "inactive"},
                {Event::kLoginThrottled, "throttled"}});
  write_events(text, metrics, "latchkey_registrations_total", "Registrations by outcome.",
               {{Event::kRegistered, "success"}, {Event::kRegistrationTaken, "taken"}});
  write_events(text, metrics, "latchkey_refreshes_total",
               "Refreshes by outcome; reused means that a session was revoked for theft.",
               {{Event::kRefreshRotated, "rotated"},
                {Event::kRefreshRepeated, "repeated"},
                {Event::kRefreshReused, "reused"},
                {Event::kRefreshRefused, "refused"}});
  write_events(text, metrics, "latchkey_password_changes_total", "Password changes by outcome.",
               {{Event::kPasswordChanged, "success"},
                {Event::kPasswordChangeRefused, "invalid_credentials"},
                {Event::kPasswordChangeThrottled, "throttled"}});
  write_events(text, metrics, "latchkey_password_rehashes_total",
               "Hashes that a login renewed for another scheme or cost.",
               {{Event::kPasswordRehashed, ""}});
}

void write_breaker(PrometheusText& text, const shm::BreakerView& breaker) {
  constexpr std::string_view kName = "database";
  text.family("latchkey_circuit_breaker_state", "gauge", "1 for the state it is in.");
  for (const auto state :
       {shm::BreakerState::kClosed, shm::BreakerState::kHalfOpen, shm::BreakerState::kOpen})
    text.sample({{"breaker", kName}, {"state", shm::name_of(state)}}, breaker.state == state);
  text.family("latchkey_circuit_breaker_transitions_total", "counter", "Changes of state.");
  text.sample({{"breaker", kName}, {"to", "closed"}}, breaker.closed);
  text.sample({{"breaker", kName}, {"to", "half_open"}}, breaker.half_opened);
  text.sample({{"breaker", kName}, {"to", "open"}}, breaker.opened);
  text.family("latchkey_circuit_breaker_resets_total", "counter", "Times it was closed by hand.");
  text.sample({{"breaker", kName}}, breaker.reset);
  text.family("latchkey_circuit_breaker_refused_total", "counter", "Calls that it refused.");
  text.sample({{"breaker", kName}}, breaker.refused);
  text.family("latchkey_circuit_breaker_probes_lost_total", "counter",
              "Half-open periods that ended without a verdict.");
  text.sample({{"breaker", kName}}, breaker.probes_lost);
}

void write_workers(PrometheusText& text, const NodeView& node) {
  text.family("latchkey_workers", "gauge", "Workers that are there, by what they are doing.");
  for (std::size_t pool = 0; pool < shm::kPools; ++pool) {
    for (std::size_t i = 0; i < shm::kWorkerStates; ++i) {
      const auto state = static_cast<shm::WorkerState>(i);
      const auto count = std::ranges::count_if(node.workers, [&](const shm::WorkerView& worker) {
        return worker.pool == pool && worker.state == state;
      });
      text.sample({{"pool", shm::name_of_pool(pool)}, {"state", shm::name_of(state)}},
                  static_cast<std::uint64_t>(count));
    }
  }
  text.family("latchkey_worker_starts_total", "counter", "Workers that were started.");
  for (std::size_t pool = 0; pool < shm::kPools; ++pool)
    text.sample({{"pool", shm::name_of_pool(pool)}}, node.pools[pool].started);
  text.family("latchkey_worker_exits_total", "counter",
              "Workers that left by themselves, by reason; who was killed is not among them.");
  for (std::size_t pool = 0; pool < shm::kPools; ++pool) {
    for (std::size_t i = 0; i < shm::kExitReasonCount; ++i) {
      const auto reason = static_cast<shm::ExitReason>(i);
      text.sample({{"pool", shm::name_of_pool(pool)}, {"reason", shm::name_of(reason)}},
                  node.pools[pool].left[i]);
    }
  }
}

}  // namespace

NodeView look_at_node(const shm::SharedLayout& shared, const shm::Breaker& database_breaker,
                      const base::Clock& clock) {
  NodeView node{.metrics = shm::read_metrics(shared),
                .workers = shm::read_scoreboard(shared, clock.monotonic_ms()),
                .pools = {},
                .database_breaker = database_breaker.view(),
                .revoked_sessions = shm::count_revocations(shared, clock.monotonic_ms())};
  for (std::size_t pool = 0; pool < shm::kPools; ++pool)
    node.pools[pool] = shm::read_pool(shared, pool);
  return node;
}

std::string metrics_text(const NodeView& node, const std::vector<http::Route>& routes,
                         std::string_view version) {
  PrometheusText text;
  text.family("latchkey_build_info", "gauge", "The version of the worker that answers.");
  text.sample({{"version", version}}, 1);
  write_requests(text, node.metrics, routes);
  write_costs(text, node.metrics);
  write_queues(text, node.metrics);
  write_all_events(text, node.metrics);
  write_breaker(text, node.database_breaker);
  write_workers(text, node);
  text.family("latchkey_revoked_sessions", "gauge",
              "Ended sessions whose access tokens this node refuses without the database.");
  text.sample({}, node.revoked_sessions);
  return text.take();
}

}  // namespace latchkey::api
