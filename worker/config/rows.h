// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of settings: one row each, and the only place that knows a setting's name, default,
// range and meaning. Parsing (values.h, load.h), `latchkey config`, the listing of `latchkey config
// --list` and the example file (display.h) all come from it; a new setting is a new row and a new
// field.
//
// Runs in every process. No failures: the table is constant.

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "config/settings.h"

namespace latchkey::config {

// What is wrong with a text, as the end of a sentence that begins with the text; nullopt: nothing.
using Check = std::optional<std::string> (*)(std::string_view text);

struct IntegerKind {
  int Settings::*field;
  int min;
  int max;
  bool may_be_off = false;  // the word `off` is allowed too, and stored as 0
};

struct DurationKind {
  std::chrono::milliseconds Settings::*field;
  std::chrono::milliseconds unit;  // of a bare number
  std::chrono::milliseconds min;
  std::chrono::milliseconds max;
  bool zero_is_off = false;  // 0 is allowed below `min`
  bool whole_seconds = false;
};

struct SwitchKind {
  bool Settings::*field;
};

struct ChoiceKind {
  std::vector<std::string_view> (*names)();
  void (*store)(Settings& settings, std::size_t index);
};

struct RateKind {
  Rate Settings::*field;
};

struct TextKind {
  std::string Settings::*field;
  Check check;
  std::string_view allowed;
};

struct SecretKind {
  base::Secret Settings::*field;
  Check check;  // its answer must not show the text
  std::string_view allowed;
  bool may_be_empty = false;
};

struct OriginsKind {
  std::vector<std::string> Settings::*field;
};

// A name that a later version uses: known, so that it is refused aloud rather than ignored.
struct ReservedKind {};

using Kind = std::variant<IntegerKind, DurationKind, SwitchKind, ChoiceKind, RateKind, TextKind,
                          SecretKind, OriginsKind, ReservedKind>;

struct Row {
  std::string_view group;  // heading
  std::string_view name;
  std::optional<std::string_view> default_text;  // nullopt: required
  Kind kind;
  std::string_view help;  // a sentence or two for operators
  // Of a required setting, for the example file.
  std::string_view example = {};

  [[nodiscard]] bool is_required() const { return !default_text.has_value(); }
  [[nodiscard]] bool is_secret() const { return std::holds_alternative<SecretKind>(kind); }
  [[nodiscard]] bool is_listed() const { return !std::holds_alternative<ReservedKind>(kind); }
};

// Rows of one group stand together.
std::span<const Row> rows();
// nullptr if there is no such setting.
const Row* find_row(std::string_view name);

}  // namespace latchkey::config
