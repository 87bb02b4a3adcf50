// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long something usually takes: the median of the last few times, which one outlier does not
// move and which follows a machine that becomes slower.
//
// Runs in hash workers. No failures.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace latchkey::crypto {

class UsualTime {
 public:
  void note(std::int64_t ns) {
    last_[count_ % last_.size()] = ns;
    ++count_;
  }
  [[nodiscard]] bool is_known() const { return count_ > 0; }
  // 0 while nothing is known.
  [[nodiscard]] std::int64_t ns() const {
    auto sorted = last_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(count_, sorted.size()));
    const auto middle = sorted.begin() + (end - sorted.begin()) / 2;
    std::nth_element(sorted.begin(), middle, end);
    return *middle;
  }

 private:
  std::array<std::int64_t, 15> last_{};
  std::size_t count_ = 0;
};

}  // namespace latchkey::crypto
