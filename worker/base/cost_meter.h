// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the time of the request in hand went: what the access log calls db_ms and hash_ms.
//
// The rooms that spend it add to it, the pipeline takes the sums and starts again from zero. A
// worker has one request at a time, so one meter serves the process; compose hands it around.
//
// Runs in workers. No failures.

#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace latchkey::base {

struct Costs {
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
  [[nodiscard]] Costs take() { return std::exchange(costs_, Costs{}); }

 private:
  const Clock& clock_;
  Costs costs_;
};

}  // namespace latchkey::base
