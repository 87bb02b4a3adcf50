// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes the text format that Prometheus scrapes (Prometheus, "Exposition formats", version 0.0.4).
//
//     text.family("latchkey_logins_total", "counter", "Logins by outcome.");
//     text.sample({{"outcome", "success"}}, 7);
//
// Names and label values are ours and need no escape.
//
// Runs in workers. No failures.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::api {

class PrometheusText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  // Every following sample belongs to it.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(const Labels& labels, std::uint64_t value, std::string_view suffix = {});
  // Microseconds, written in seconds.
  void seconds(const Labels& labels, std::uint64_t microseconds, std::string_view suffix = {});

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin(const Labels& labels, std::string_view suffix);

  std::string text_;
  std::string_view name_;
};

// 1500000 -> "1.5": the shortest decimal fraction of a number of microseconds.
std::string format_seconds(std::uint64_t microseconds);

}  // namespace latchkey::api
