// SPDX-License-Identifier: Apache-2.0
#include "shm/metrics.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <span>

namespace latchkey::shm {
namespace {

void add(SharedWord& counter, std::uint64_t amount = 1) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

void observe(HistogramRecord& histogram, std::int64_t duration_ns) {
  const std::int64_t us = std::max<std::int64_t>(0, duration_ns / 1000);
  const auto* const bound = std::ranges::lower_bound(kBucketBoundsUs, us);
  add(histogram.buckets[bound - kBucketBoundsUs.begin()]);
  add(histogram.sum_us, static_cast<std::uint64_t>(us));
}

void sum_up(std::span<std::uint64_t> sums, std::span<const SharedWord> counters) {
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] += counters[i].load(std::memory_order_relaxed);
}

void sum_up(HistogramView& sum, const HistogramRecord& histogram) {
  sum_up(sum.buckets, histogram.buckets);
  sum.sum_us += histogram.sum_us.load(std::memory_order_relaxed);
}

}  // namespace

void Metrics::count(const RequestMetric& request) {
  if (request.route < kRouteSeries) {
    RouteRecord& route = stripe_.routes[request.route];
    const int status_class = std::clamp(request.status / 100, 1, int{kStatusClasses});
    add(route.answers[status_class - 1]);
    observe(route.duration, request.duration_ns);
  }
  observe(queue_, request.costs.queued_ns);
  if (request.costs.database_ns > 0) observe(stripe_.database, request.costs.database_ns);
  if (request.costs.hashing_ns > 0) observe(stripe_.hashing, request.costs.hashing_ns);
}

void Metrics::count(base::ErrorCode code) { add(stripe_.errors[static_cast<std::size_t>(code)]); }

void Metrics::count(base::Event event) { add(stripe_.events[static_cast<std::size_t>(event)]); }

std::uint64_t HistogramView::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

MetricsView read_metrics(const SharedLayout& layout) {
  MetricsView view;
  for (const MetricsStripe& stripe : layout.stripes) {
    for (std::size_t route = 0; route < kRouteSeries; ++route) {
      sum_up(view.routes[route].duration, stripe.routes[route].duration);
      sum_up(view.routes[route].answers, stripe.routes[route].answers);
    }
    sum_up(view.database, stripe.database);
    sum_up(view.hashing, stripe.hashing);
    for (std::size_t pool = 0; pool < kPools; ++pool)
      sum_up(view.queues[pool], stripe.queues[pool]);
    sum_up(view.errors, stripe.errors);
    sum_up(view.events, stripe.events);
  }
  return view;
}

}  // namespace latchkey::shm
