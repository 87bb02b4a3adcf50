// SPDX-License-Identifier: Apache-2.0
#include "config/env_file.h"

#include <algorithm>
#include <utility>

#include "base/small_file.h"
#include "config/text_file.h"

namespace latchkey::config {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kEscapedInQuotes = "\"\\`$";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_name(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  if (text.empty() || kLetters.find(text.front()) == std::string_view::npos) return false;
  return std::ranges::all_of(text, [kLetters](char c) {
    return kLetters.find(c) != std::string_view::npos || (c >= '0' && c <= '9');
  });
}

// A value being put together; the bytes go into a Secret, since any of them may be of one.
struct Value {
  base::Secret text;
  const char* wrong = nullptr;
};

Value plain_value(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  std::size_t kept = 0;  // blanks past it belong to nobody
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool escaped = raw[i] == '\\';
    if (escaped && ++i == raw.size()) {
      base::wipe(text);
      return {{}, "ends with a backslash: values cannot go on in the next line"};
    }
    text += raw[i];
    if (escaped || !is_blank(raw[i])) kept = text.size();
  }
  text.resize(kept);
  return {base::Secret(std::move(text)), nullptr};
}

// `raw` begins with its quote.
Value quoted_value(std::string_view raw) {
  const char quote = raw.front();
  std::string text;
  text.reserve(raw.size());
  std::size_t i = 1;
  for (; i < raw.size() && raw[i] != quote; ++i) {
    const bool escapes = quote == '"' && raw[i] == '\\' && i + 1 < raw.size() &&
                         kEscapedInQuotes.find(raw[i + 1]) != std::string_view::npos;
    if (escapes) ++i;
    text += raw[i];
  }
  base::Secret value(std::move(text));
  if (i == raw.size()) return {{}, "has a quote that does not end in its line"};
  if (!trim(raw.substr(i + 1)).empty()) return {{}, "has something after its closing quote"};
  return {std::move(value), nullptr};
}

Value parse_value(std::string_view raw) {
  raw.remove_prefix(std::min(raw.find_first_not_of(kBlanks), raw.size()));
  if (raw.starts_with('"') || raw.starts_with('\'')) return quoted_value(raw);
  return plain_value(raw);
}

// Adds the line, or what is wrong with it, to `file`.
void parse_line(std::string_view line, std::size_t number, EnvFile& file) {
  const auto refuse = [&file, number](std::string_view wrong) {
    file.errors.push_back("line " + std::to_string(number) + " " + std::string(wrong));
  };
  if (line.size() > kMaxEnvLineBytes) {
    return refuse("is longer than " + std::to_string(kMaxEnvLineBytes) + " bytes");
  }
  if (const char* wrong = fault_of_line(line); wrong != nullptr) return refuse(wrong);
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  if (line.empty() || line.front() == '#' || line.front() == ';') return;
  const std::size_t equals = std::min(line.find('='), line.size());
  const std::string_view name = trim(line.substr(0, equals));
  if (equals == line.size() || !is_name(name)) return refuse("is not of the form NAME=value");
  Value value = parse_value(line.substr(equals + 1));
  if (value.wrong != nullptr) return refuse(value.wrong);
  const auto earlier = std::ranges::find(file.lines, name, &EnvLine::name);
  if (earlier != file.lines.end()) {
    return refuse("sets " + std::string(name) + " again, after line " +
                  std::to_string(earlier->number));
  }
  file.lines.push_back(EnvLine{number, std::string(name), std::move(value.text)});
}

}  // namespace

EnvFile parse_env_file(std::string_view text) {
  EnvFile file;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    parse_line(line, number, file);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return file;
}

EnvFile read_env_file(const std::string& path) {
  std::string text;
  EnvFile file;
  if (const auto wrong = base::read_small_file(path, kMaxEnvFileBytes, text)) {
    file.errors.push_back("cannot be read: " + *wrong);
  } else {
    file = parse_env_file(text);
  }
  base::wipe(text);
  return file;
}

}  // namespace latchkey::config
