// SPDX-License-Identifier: Apache-2.0
#pragma once

// Time, entered through an interface so that tests can move it.
//
// Two clocks that are never mixed: the wall clock for what is shown or stored (tokens, logs), the
// monotonic clock for durations and deadlines, which a step of the wall clock must not move. The
// monotonic clock is CLOCK_MONOTONIC: all processes of one machine read the same value, so it may
// cross the shared segment.
//
// Runs in every process. No failures.

#include <cstdint>

namespace latchkey::base {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  // Milliseconds since 1970-01-01T00:00:00Z.
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;
  // Nanoseconds since some fixed point before the start of this process.
  [[nodiscard]] virtual std::int64_t monotonic_ns() const = 0;

  [[nodiscard]] std::int64_t monotonic_ms() const { return monotonic_ns() / 1'000'000; }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override;
  [[nodiscard]] std::int64_t monotonic_ns() const override;
};

}  // namespace latchkey::base
