// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "config/spelling.h"

namespace latchkey::cli {
namespace {

[[noreturn]] void refuse_unknown(std::string_view name, std::initializer_list<OptionRow> rows) {
  const std::string_view bare = name.substr(std::min(name.size(), name.find_first_not_of('-')));
  std::vector<std::string_view> names;
  for (const OptionRow& row : rows) names.emplace_back(row.name);
  const auto whole = std::ranges::find_if(
      names, [bare](std::string_view known) { return known.starts_with(bare); });
  const std::string meant =
      !bare.empty() && whole != names.end() ? std::string(*whole) : config::nearest(bare, names);
  throw UsageError("there is no option " + std::string(name) +
                   (meant.empty() ? "" : "; did you mean --" + meant + '?'));
}

// `word` may go on with '=' and a value.
const OptionRow& find_option(std::string_view word, std::initializer_list<OptionRow> rows) {
  if (word == "--help" || word == "-h") throw HelpAsked();
  const std::string_view name = word.substr(0, word.find('='));
  for (const OptionRow& row : rows) {
    if (name.starts_with("--") && name.substr(2) == row.name) return row;
  }
  refuse_unknown(name, rows);
}

}  // namespace

Arguments::Arguments(const std::vector<std::string>& words,
                     std::initializer_list<OptionRow> options) {
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--") {
      positional_.insert(positional_.end(), word + 1, words.end());
      break;
    }
    if (!word->starts_with('-') || *word == "-") {
      positional_.push_back(*word);
      continue;
    }
    const OptionRow& option = find_option(*word, options);
    const std::string name = option.name;
    const std::size_t equals = word->find('=');
    std::string value;
    if (equals != std::string::npos) {
      value = word->substr(equals + 1);
      if (!option.takes_value) throw UsageError("--" + name + " takes no value");
    } else if (option.takes_value && word + 1 != words.end()) {
      value = *++word;
    }
    // Nobody means the next option as a value.
    if (option.takes_value && (value.empty() || value.starts_with("--")))
      throw UsageError("--" + name + " needs a value");
    if (!option.may_be_repeated && has(name)) throw UsageError("--" + name + " is given twice");
    options_.emplace(name, value);
  }
}

std::optional<std::string> Arguments::value(const std::string& option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> Arguments::values(const std::string& option) const {
  std::vector<std::string> all;
  const auto [first, last] = options_.equal_range(option);
  for (auto at = first; at != last; ++at) all.push_back(at->second);
  return all;
}

int Arguments::number(const std::string& option, int otherwise, int min, int max) const {
  const auto text = value(option);
  return text ? whole_number("--" + option, *text, min, max) : otherwise;
}

int whole_number(const std::string& what, const std::string& text, int min, int max) {
  int number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (!is_whole || number < min || number > max) {
    throw UsageError(what + " takes a whole number from " + std::to_string(min) + " to " +
                     std::to_string(max));
  }
  return number;
}

}  // namespace latchkey::cli
