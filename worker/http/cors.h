// SPDX-License-Identifier: Apache-2.0
#pragma once

// Cross-origin requests (Fetch standard, "CORS protocol"): which origins may read the answers.
//
// Origins are compared byte for byte with the configured list. A listed origin may send
// credentials; any other gets no CORS header at all, and its browser keeps the answer from it.
// There is no wildcard. With a list, every response varies by Origin, so that no cache hands one
// origin's answer to another.
//
// Runs in workers. No failures.

#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace latchkey::http {

class Cors {
 public:
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  static bool is_preflight(const Request& request);

  // For the answer to an actual request.
  void add_headers(const Request& request, Response& response) const;
  // For the answer to a preflight; `methods` as Allow lists them.
  void add_preflight_headers(const Request& request, std::string_view methods,
                             Response& response) const;

 private:
  [[nodiscard]] bool is_listed(std::string_view origin) const;

  std::vector<std::string> origins_;
};

}  // namespace latchkey::http
