// SPDX-License-Identifier: Apache-2.0
//
// The table of subcommands.
#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/standard_streams.h"
#include "config/load.h"
#include "config/spelling.h"

namespace {

using latchkey::cli::Words;

struct Command {
  std::string_view name;
  int (*run)(const Words& words);
  std::string (*usage)();
  bool is_daemon = false;  // its standard error is a log of JSON lines
};

constexpr std::array kCommands{
    Command{"serve", latchkey::cli::serve, latchkey::cli::serve_usage, true},
    Command{"worker", latchkey::cli::worker, latchkey::cli::worker_usage, true},
    Command{"status", latchkey::cli::status, latchkey::cli::status_usage},
    Command{"doctor", latchkey::cli::doctor, latchkey::cli::doctor_usage},
    Command{"purge", latchkey::cli::purge, latchkey::cli::purge_usage},
    Command{"user", latchkey::cli::user, latchkey::cli::user_usage},
    Command{"blocklist", latchkey::cli::blocklist, latchkey::cli::blocklist_usage},
    Command{"keys", latchkey::cli::keys, latchkey::cli::keys_usage},
    Command{"config", latchkey::cli::show_config, latchkey::cli::config_usage},
    Command{"version", latchkey::cli::show_version, latchkey::cli::version_usage},
};

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

bool asks_for_help(std::string_view word) {
  return word == "--help" || word == "-h" || word == "help";
}

void print_help(std::FILE* out) {
  std::fputs("Latchkey: an authentication service behind nginx and PostgreSQL.\n\n", out);
  for (const Command& command : kCommands) {
    std::fprintf(out, "  %s\n", command.usage().c_str());
  }
}

std::string advice_for(std::string_view unknown) {
  std::vector<std::string_view> names;
  names.reserve(kCommands.size());
  for (const Command& command : kCommands) names.push_back(command.name);
  const std::string meant = latchkey::config::nearest(unknown, names);
  return meant.empty() ? "see latchkey --help" : "did you mean " + meant + '?';
}

// The code of an Error is for clients; who types commands wants the reason.
std::string reason_of(const std::exception& exception) {
  const auto* const error = dynamic_cast<const latchkey::base::Error*>(&exception);
  return error == nullptr || error->cause().empty() ? exception.what() : error->cause();
}

int show_usage(const Command& command) {
  std::printf("Usage: %s\n", command.usage().c_str());
  return latchkey::cli::kExitOk;
}

int run(const Command& command, const Words& words) {
  if (!words.empty() && asks_for_help(words.front())) return show_usage(command);
  try {
    return command.run(words);
  } catch (const latchkey::cli::HelpAsked&) {
    return show_usage(command);
  } catch (const latchkey::cli::UsageError& error) {
    std::fprintf(stderr, "latchkey: %s\nUsage: %s\n", error.what(),
                 (error.usage().empty() ? command.usage() : error.usage()).c_str());
    return latchkey::cli::kExitUsage;
  } catch (const latchkey::config::ConfigurationError& error) {
    std::fprintf(stderr, "latchkey: the settings are wrong:\n");
    for (const std::string& fault : error.errors()) {
      std::fprintf(stderr, "  - %s\n", fault.c_str());
    }
    return latchkey::cli::kExitConfiguration;
  } catch (const std::exception& error) {
    if (command.is_daemon) {
      latchkey::base::Logger("latchkey")
          .critical("cannot go on", {{"cause", std::string_view(error.what())}});
    } else {
      std::fprintf(stderr, "latchkey: %s\n", reason_of(error).c_str());
    }
    return latchkey::cli::kExitFailure;
  }
}

// What was to be printed is what was asked for: if it is lost, on a full disk, that is a failure.
int with_output_written(int exit_code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  std::fprintf(stderr, "latchkey: standard output cannot be written\n");
  return exit_code == latchkey::cli::kExitOk ? latchkey::cli::kExitFailure : exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    latchkey::cli::secure_standard_streams();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "latchkey: %s\n", error.what());
    return latchkey::cli::kExitFailure;
  }
  const Words all(argv + 1, argv + argc);
  if (all.empty()) {
    print_help(stderr);
    return latchkey::cli::kExitUsage;
  }
  if (asks_for_help(all.front())) {
    print_help(stdout);
    return latchkey::cli::kExitOk;
  }
  const Command* const command = find_command(all.front() == "--version" ? "version" : all.front());
  if (command == nullptr) {
    std::fprintf(stderr, "latchkey: there is no command \"%s\"; %s\n", all.front().c_str(),
                 advice_for(all.front()).c_str());
    return latchkey::cli::kExitUsage;
  }
  return with_output_written(run(*command, {all.begin() + 1, all.end()}));
}
