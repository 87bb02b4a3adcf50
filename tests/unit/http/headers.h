// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/response.h"

namespace latchkey::http {

// The value of a header; all of them, with " | " between, if it occurs more than once; "" if not.
inline std::string header_of(const Response& response, std::string_view wanted) {
  std::string found;
  for (const auto& [name, value] : response.headers) {
    if (name != wanted) continue;
    if (!found.empty()) found += " | ";
    found += value;
  }
  return found;
}

}  // namespace latchkey::http
