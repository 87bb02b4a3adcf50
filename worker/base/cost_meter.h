// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the time of the request in hand went: what the access log calls queue_ms, db_ms and
// hash_ms.
//
// The rooms that spend it add to it, the pipeline begins anew and takes the sums at the end. A
// worker has one request at a time, so one meter serves the process; compose hands it around.
//
// Runs in workers. No failures.

#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace latchkey::base {

struct Costs {
  std::int64_t queued_ns = 0;  // since nginx handed the request over, before a worker took it
  std::int64_t database_ns = 0;
  std::int64_t hashing_ns = 0;
};

class CostMeter {
 public:
  explicit CostMeter(const Clock& clock) : clock_(clock) {}

  // Adds the time until the end of the scope to one of the sums.
  class Stopwatch {
   public:
    Stopwatch(const Clock& clock, std::int64_t& sum_ns)
        : clock_(clock), sum_ns_(sum_ns), started_ns_(clock.monotonic_ns()) {}
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() { sum_ns_ += clock_.monotonic_ns() - started_ns_; }

   private:
    const Clock& clock_;
    std::int64_t& sum_ns_;
    std::int64_t started_ns_;
  };

  [[nodiscard]] Stopwatch time_database() { return {clock_, costs_.database_ns}; }
  [[nodiscard]] Stopwatch time_hashing() { return {clock_, costs_.hashing_ns}; }
  // A new request, which has waited that long for a worker.
  void begin(std::int64_t queued_ns) { costs_ = {.queued_ns = queued_ns}; }
  [[nodiscard]] std::int64_t queued_ns() const { return costs_.queued_ns; }
  [[nodiscard]] Costs take() { return std::exchange(costs_, Costs{}); }

 private:
  const Clock& clock_;
  Costs costs_;
};

}  // namespace latchkey::base
