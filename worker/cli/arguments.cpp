// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <Poco/Exception.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include "config/spelling.h"

namespace latchkey::cli {
namespace {

Poco::Util::OptionSet option_set(std::initializer_list<OptionRow> rows) {
  Poco::Util::OptionSet set;
  for (const OptionRow& row : rows) {
    Poco::Util::Option option(row.name, "");
    if (row.takes_value) option.argument("VALUE", true);
    option.repeatable(row.may_be_repeated);
    set.addOption(option);
  }
  return set;
}

// What Poco takes for a value and nobody means as one: nothing, or the next option.
void refuse_odd_value(const Poco::Util::OptionSet& set, const std::string& name,
                      const std::string& value) {
  if (set.getOption(name).takesArgument() && (value.empty() || value.starts_with("--"))) {
    throw UsageError("--" + name + " needs a value");
  }
}

// Poco takes any beginning of a name for the name, and says little about the others.
void refuse_unknown_name(const std::string& word, std::initializer_list<OptionRow> rows) {
  if (!word.starts_with('-') || word == "-" || word == "--") return;
  if (word == "--help" || word == "-h") throw HelpAsked();
  std::vector<std::string_view> names;
  const std::string_view name = std::string_view(word).substr(0, word.find('='));
  for (const OptionRow& row : rows) {
    if (name.starts_with("--") && name.substr(2) == row.name) return;
    names.emplace_back(row.name);
  }
  const std::string_view bare = name.substr(std::min(name.size(), name.find_first_not_of('-')));
  const auto* const whole = std::ranges::find_if(
      rows, [bare](const OptionRow& row) { return std::string_view(row.name).starts_with(bare); });
  const std::string meant = !bare.empty() && whole != rows.end() ? std::string(whole->name)
                                                                 : config::nearest(bare, names);
  throw UsageError("there is no option " + std::string(name) +
                   (meant.empty() ? "" : "; did you mean --" + meant + '?'));
}

}  // namespace

Arguments::Arguments(const std::vector<std::string>& words,
                     std::initializer_list<OptionRow> options) {
  const Poco::Util::OptionSet set = option_set(options);
  Poco::Util::OptionProcessor processor(set);
  processor.setUnixStyle(true);
  bool awaits_value = false;  // the word before was an option that takes one
  try {
    for (const std::string& word : words) {
      std::string name;
      std::string value;
      if (!awaits_value) refuse_unknown_name(word, options);
      if (!processor.process(word, name, value)) {
        positional_.push_back(word);
      } else if (!name.empty()) {
        refuse_odd_value(set, name, value);
        options_.emplace(name, value);
      }
      awaits_value = name.empty() && word.starts_with("--");
    }
    processor.checkRequired();
  } catch (const Poco::Exception& exception) {
    throw UsageError(exception.displayText());
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
