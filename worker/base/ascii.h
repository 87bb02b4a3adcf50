// SPDX-License-Identifier: Apache-2.0
#pragma once

// ASCII text without regard to case, whatever the locale: names of schemes and media types, the
// comparison of a password with a name.
//
// Runs in every process. No failures.

#include <string_view>
#include <strings.h>

namespace latchkey::base {

inline bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() && strncasecmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace latchkey::base
