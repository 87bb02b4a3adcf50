// SPDX-License-Identifier: Apache-2.0
#pragma once

// ASCII text without regard to case, whatever the locale: names of schemes and media types, the
// comparison of a password with a name or a list.
//
// Runs in every process. No failures.

#include <algorithm>
#include <string_view>

namespace latchkey::base {

inline char to_lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

inline bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, to_lower, to_lower);
}

}  // namespace latchkey::base
