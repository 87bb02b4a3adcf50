// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace latchkey::shm {

class FakeClock final : public base::Clock {
 public:
  explicit FakeClock(std::int64_t now_ms = 1'000'000) : now_ms_(now_ms) {}
  [[nodiscard]] std::int64_t wall_ms() const override { return 0; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return now_ms_ * 1'000'000; }
  void advance_ms(std::int64_t ms) { now_ms_ += ms; }

 private:
  std::int64_t now_ms_;
};

}  // namespace latchkey::shm
