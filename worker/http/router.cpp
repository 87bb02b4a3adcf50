// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <optional>

namespace latchkey::http {
namespace {

constexpr std::string_view kParameter = "{id}";

std::string_view without_version(std::string_view path) {
  if (!path.starts_with(kVersionPrefix)) return path;
  const std::string_view rest = path.substr(kVersionPrefix.size());
  if (rest.empty()) return "/";
  return rest.front() == '/' ? rest : path;
}

// What stood for the parameter ("" if the pattern has none), or nullopt if the path differs.
std::optional<std::string_view> match_path(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with(kParameter)) {
    return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  }
  const std::string_view prefix = pattern.substr(0, pattern.size() - kParameter.size());
  if (!path.starts_with(prefix)) return std::nullopt;
  const std::string_view parameter = path.substr(prefix.size());
  const bool is_one_segment = !parameter.empty() && parameter.find('/') == std::string_view::npos;
  return is_one_segment ? std::optional(parameter) : std::nullopt;
}

void append_method(std::string& list, std::string_view method) {
  if (!list.empty()) list += ", ";
  list += method;
}

}  // namespace

Match Router::find(std::string_view method, std::string_view path) const {
  const std::string_view plain = without_version(path);
  for (const Route& route : routes_) {
    if (route.method != method) continue;
    if (const auto parameter = match_path(route.path, plain)) {
      return {&route, *parameter, {}};
    }
  }
  return {nullptr, {}, methods_of(path)};
}

std::string Router::methods_of(std::string_view path) const {
  const std::string_view plain = without_version(path);
  std::string allow;
  for (const Route& route : routes_) {
    if (!match_path(route.path, plain)) continue;
    append_method(allow, route.method);
    if (route.method == "GET") append_method(allow, "HEAD");
  }
  if (!allow.empty()) append_method(allow, "OPTIONS");
  return allow;
}

}  // namespace latchkey::http
