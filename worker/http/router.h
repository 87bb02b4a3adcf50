// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finds the route of a method and a path.
//
// The table is short and its paths are literals, so a linear look costs less than anything clever:
// lengths differ, and comparing them comes first.
//
// Runs in workers. No failures: a path without a route is an answer.

#include <string>
#include <string_view>
#include <vector>

#include "http/route.h"

namespace latchkey::http {

struct Match {
  const Route* route = nullptr;     // nullptr: no such path, or not this method
  std::string_view path_parameter;  // points into the path that was asked for
  std::string allow;                // the path's methods, if the path exists; else empty
};

class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // GET also answers HEAD: `method` is Request::effective_method().
  [[nodiscard]] Match find(std::string_view method, std::string_view path) const;
  // The methods of a path, as Allow lists them; empty if there is no such path.
  [[nodiscard]] std::string methods_of(std::string_view path) const;

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace latchkey::http
