// SPDX-License-Identifier: Apache-2.0
#pragma once

// Texts of settings into values and back, by the kind that a row names.
//
// Runs in every process, at start. A text that is not allowed is an answer.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "config/rows.h"
#include "config/settings.h"

namespace latchkey::config {

// Stores the value of `text` in the row's field. What is wrong with it otherwise, as a sentence
// for operators that shows the text unless it is a secret: the field is then left as it was.
std::optional<std::string> store(const Row& row, std::string_view text, Settings& settings);

// What the row allows ("4 to 16", "production or development"), for messages and listings.
std::string allowed(const Row& row);

// `500ms`, `2s`, `10m`, `1h`, `7d`; a bare number counts `unit`. nullopt for any other text.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                        std::chrono::milliseconds unit);
// In the largest unit that needs no fraction.
std::string format_duration(std::chrono::milliseconds duration);

// `off`, or a number with `r/s` or `r/m`.
std::optional<Rate> parse_rate(std::string_view text);

}  // namespace latchkey::config
