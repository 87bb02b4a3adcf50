// SPDX-License-Identifier: Apache-2.0
#pragma once

// ASCII text without regard to case, whatever the locale: names of schemes and media types, the
// comparison of a password with a name.
//
// Runs in every process. No failures.

#include <algorithm>
#include <string_view>

namespace latchkey::base {

inline bool equals_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
  };
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace latchkey::base
