// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace latchkey::doubles {

// Both clocks stand still until a test moves them.
class FakeClock final : public base::Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return wall_ms_; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return monotonic_ms_ * 1'000'000; }

  void set_wall_ms(std::int64_t ms) { wall_ms_ = ms; }
  void advance_ms(std::int64_t ms) {
    wall_ms_ += ms;
    monotonic_ms_ += ms;
  }

 private:
  std::int64_t wall_ms_ = 1'771'497'045'123;  // 2026-02-19T10:30:45.123Z
  std::int64_t monotonic_ms_ = 1'000'000;
};

}  // namespace latchkey::doubles
