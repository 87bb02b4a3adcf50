// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <charconv>

#include <Poco/Exception.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

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

}  // namespace

Arguments::Arguments(const std::vector<std::string>& words,
                     std::initializer_list<OptionRow> options) {
  const Poco::Util::OptionSet set = option_set(options);
  Poco::Util::OptionProcessor processor(set);
  processor.setUnixStyle(true);
  try {
    for (const std::string& word : words) {
      std::string name;
      std::string value;
      if (!processor.process(word, name, value)) {
        positional_.push_back(word);
      } else if (!name.empty()) {
        refuse_odd_value(set, name, value);
        options_.emplace(name, value);
      }
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
  if (!text) return otherwise;
  int number = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text->data() + text->size();
  if (!is_whole || number < min || number > max) {
    throw UsageError("--" + option + " takes a whole number from " + std::to_string(min) + " to " +
                     std::to_string(max));
  }
  return number;
}

}  // namespace latchkey::cli
