// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.h"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <vector>

#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "config/spelling.h"

namespace latchkey::cli {
namespace {

constexpr std::string_view kVerbIndent = "      ";
constexpr std::string_view kTextIndent = "          ";

// "latchkey user"
std::string command_of(const std::string& usage) {
  return usage.substr(0, usage.find(' ', usage.find(' ') + 1));
}

std::vector<std::string_view> names_of(std::span<const Verb> verbs) {
  std::vector<std::string_view> names;
  names.reserve(verbs.size());
  for (const Verb& verb : verbs) names.push_back(verb.name);
  return names;
}

std::string short_usage(std::span<const Verb> verbs, const std::string& usage) {
  std::string names;
  for (const std::string_view name : names_of(verbs))
    names.append(names.empty() ? "" : ", ").append(name);
  return usage.substr(0, usage.find('\n')) + "\n    VERB is " + names + ".\n    " +
         command_of(usage) + " --help explains them.";
}

const Verb& verb_named(std::span<const Verb> verbs, const Words& words, const std::string& usage) {
  const std::string help = short_usage(verbs, usage);
  if (words.empty()) throw UsageError("a verb is needed", help);
  const std::string& name = words.front();
  const auto verb = std::ranges::find(verbs, name, &Verb::name);
  if (verb != verbs.end()) return *verb;
  if (name.starts_with('-')) throw UsageError("the verb goes before the options", help);
  const std::string meant = config::nearest(name, names_of(verbs));
  throw UsageError(
      "there is no verb \"" + name + '"' + (meant.empty() ? "" : "; did you mean " + meant + '?'),
      help);
}

}  // namespace

std::string verb_usage(const std::string& usage, std::string_view verb) {
  const std::string command = command_of(usage);
  std::string out;
  std::istringstream lines(usage);
  bool is_inside = false;
  for (std::string line; std::getline(lines, line);) {
    const std::string_view text = line;
    if (is_inside && !text.starts_with(kTextIndent)) break;
    if (is_inside) {
      out.append("\n    ").append(text.substr(kTextIndent.size()));
    } else if (text.starts_with(kVerbIndent) && (std::string(text.substr(kVerbIndent.size())) + ' ')
                                                    .starts_with(std::string(verb) + ' ')) {
      is_inside = true;
      out = command + ' ' + std::string(text.substr(kVerbIndent.size())) + " [--config FILE]";
    }
  }
  return out + "\n    " + command + " --help explains the options and the exit status.";
}

int run_verb(std::span<const Verb> verbs, const Words& words, const std::string& usage) {
  const Verb& verb = verb_named(verbs, words, usage);
  const Words rest(words.begin() + 1, words.end());
  try {
    return verb.run(rest);
  } catch (const HelpAsked&) {
    std::printf("Usage: %s\n", verb_usage(usage, verb.name).c_str());
    return kExitOk;
  } catch (const UsageError& error) {
    throw UsageError(error.what(), verb_usage(usage, verb.name));
  }
}

}  // namespace latchkey::cli
