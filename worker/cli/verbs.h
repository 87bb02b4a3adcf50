// SPDX-License-Identifier: Apache-2.0
#pragma once

// Commands that have verbs (`latchkey user list`): finding the verb, and the part of the usage that
// is about it alone, since somebody who misspells an option wants to see three lines and not fifty.
//
// The usage of such a command names a verb at six spaces and explains it at ten.
//
// Runs on the command line. A verb that is missing or none is a UsageError, and so is what the verb
// refuses.

#include <span>
#include <string>
#include <string_view>

#include "cli/commands.h"

namespace latchkey::cli {

struct Verb {
  std::string_view name;
  int (*run)(const Words& words);
};

// The exit code of the verb that `words` begin with; it gets those after it. `usage` is that of the
// command.
int run_verb(std::span<const Verb> verbs, const Words& words, const std::string& usage);

// What stands in the usage of the command about one verb.
std::string verb_usage(const std::string& usage, std::string_view verb);

}  // namespace latchkey::cli
