// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line of a subcommand: named options, the rest by position.
//
// GNU style: --name VALUE or --name=VALUE, before and behind the rest, and "--" ends the options.
// But names in full: an abbreviation that is clear today may mean two options tomorrow. Anything
// else is a UsageError, whose text says what is wrong and is shown with the usage. Whoever asks for
// help, anywhere among the options, gets that: HelpAsked.
//
// Runs in every process, at start.

#include <exception>
#include <initializer_list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::cli {

// `usage`: what to show of how it is done; empty: the usage of the command.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& what, std::string usage = {})
      : std::runtime_error(what), usage_(std::move(usage)) {}

  [[nodiscard]] const std::string& usage() const { return usage_; }

 private:
  std::string usage_;
};

// --help or -h among the words: nothing is wrong, and nothing else is to be done.
class HelpAsked : public std::exception {};

// A whole number in the range; `what` is who has it, for the UsageError.
int whole_number(const std::string& what, const std::string& text, int min, int max);

struct OptionRow {
  const char* name;
  bool takes_value = true;
  bool may_be_repeated = false;
};

class Arguments {
 public:
  Arguments(const std::vector<std::string>& words, std::initializer_list<OptionRow> options);

  [[nodiscard]] bool has(const std::string& option) const { return options_.contains(option); }
  [[nodiscard]] std::optional<std::string> value(const std::string& option) const;
  // Every value of an option that may be repeated, in the order they were given.
  [[nodiscard]] std::vector<std::string> values(const std::string& option) const;
  // A whole number in the range, or `otherwise` if the option was not given.
  [[nodiscard]] int number(const std::string& option, int otherwise, int min, int max) const;
  [[nodiscard]] const std::vector<std::string>& positional() const { return positional_; }

 private:
  std::multimap<std::string, std::string> options_;  // of one name in the order given
  std::vector<std::string> positional_;
};

}  // namespace latchkey::cli
