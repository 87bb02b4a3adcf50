// SPDX-License-Identifier: Apache-2.0
#pragma once

// The counters of all workers together: what `/metrics` shows, the same whichever worker answers.
//
// Metrics runs in workers and costs a handful of additions a request, to cache lines that are this
// worker's own unless there are more workers than stripes. read_metrics() adds the stripes up; a
// request that is being counted meanwhile may show in one sum and not yet in another.
//
// No failures: a series that the layout has no place for is not counted.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/cost_meter.h"
#include "base/error_code.h"
#include "base/events.h"
#include "shm/layout.h"

namespace latchkey::shm {

// Upper bounds of all buckets but the last, which has none. In microseconds.
inline constexpr std::array<std::int64_t, kBuckets - 1> kBucketBoundsUs{
    500,     1'000,   2'500,   5'000,     10'000,    25'000,    50'000,
    100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

struct RequestMetric {
  std::size_t route = 0;  // its place among the series
  int status = 0;
  std::int64_t duration_ns = 0;
  base::Costs costs = {};  // no time in database or hashing: not used, not counted
};

class Metrics final : public base::EventSink {
 public:
  // `slot` chooses the stripe. Must not outlive the layout.
  Metrics(SharedLayout& layout, std::size_t pool, std::size_t slot)
      : stripe_(layout.stripes[slot % kStripes]), queue_(stripe_.queues[pool]) {}

  void count(const RequestMetric& request);
  void count(base::ErrorCode code);
  void count(base::Event event) override;

 private:
  MetricsStripe& stripe_;
  HistogramRecord& queue_;
};

struct HistogramView {
  std::array<std::uint64_t, kBuckets> buckets{};  // how many were in each
  std::uint64_t sum_us = 0;

  [[nodiscard]] std::uint64_t count() const;
};

struct RouteView {
  HistogramView duration;
  std::array<std::uint64_t, kStatusClasses> answers{};
};

struct MetricsView {
  std::array<RouteView, kRouteSeries> routes{};
  HistogramView database;
  HistogramView hashing;
  std::array<HistogramView, kPools> queues;
  std::array<std::uint64_t, kErrorSeries> errors{};
  std::array<std::uint64_t, kEventSeries> events{};
};

MetricsView read_metrics(const SharedLayout& layout);

static_assert(base::kErrorCodes.size() <= kErrorSeries);
static_assert(base::kEventCount <= kEventSeries);

}  // namespace latchkey::shm
