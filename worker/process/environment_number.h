// SPDX-License-Identifier: Apache-2.0
#pragma once

// A number that the parent has put into the environment, as it does in the protocols of contract.h.
//
// Runs in workers and in the supervisor. A variable that is not set, or empty, is nullopt. One that
// is no decimal number, or too large for its type, is the parent's fault: std::system_error
// (EINVAL).

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

namespace latchkey::process {

template <typename Number>
std::optional<Number> number_in_environment(const char* name) {
  const char* const variable = std::getenv(name);
  if (variable == nullptr || *variable == '\0') return std::nullopt;
  const std::string_view text(variable);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::system_error(EINVAL, std::generic_category(), name);
  return number;
}

}  // namespace latchkey::process
