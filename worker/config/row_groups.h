// SPDX-License-Identifier: Apache-2.0
#pragma once

// The groups of the table of settings (rows.h), one file each, and what their rows are written
// with. Included by those files only.
//
// Runs in every process. No failures.

#include <array>
#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "config/rows.h"

namespace latchkey::config {

inline constexpr std::chrono::milliseconds kSecond = std::chrono::seconds(1);
inline constexpr std::chrono::milliseconds kMinute = std::chrono::minutes(1);
inline constexpr std::chrono::milliseconds kHour = std::chrono::hours(1);
inline constexpr std::chrono::milliseconds kDay = std::chrono::hours(24);

std::span<const Row> database_rows();
std::span<const Row> token_rows();
std::span<const Row> password_rows();
std::span<const Row> throttle_rows();
std::span<const Row> operation_rows();
std::span<const Row> nginx_rows();

// The values of an enum in the order of its names.
template <auto Field, auto... Values>
void store_enum(Settings& settings, std::size_t index) {
  constexpr std::array kValues{Values...};
  settings.*Field = kValues.at(index);
}

template <typename Registry>
std::vector<std::string_view> names_of(const Registry& registry) {
  std::vector<std::string_view> names;
  for (const auto& row : registry) names.push_back(row.name);
  return names;
}

}  // namespace latchkey::config
