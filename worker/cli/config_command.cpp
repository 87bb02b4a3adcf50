// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/bench_hash.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "config/display.h"
#include "config/load.h"

namespace latchkey::cli {

int show_config(const Words& words) {
  if (!words.empty() && words.front() == "bench-hash")
    return bench_hash({words.begin() + 1, words.end()});
  const Arguments arguments(
      words, {{"config"}, {"env-example", false}, {"list", false}, {"values", false}});
  if (!arguments.positional().empty()) throw UsageError("config takes options only");
  std::string text;
  if (arguments.has("env-example")) {
    text = config::env_example();
  } else if (arguments.has("list")) {
    text = config::list_settings();
  } else if (arguments.has("values")) {
    text = config::settings_for_scripts(
        config::load(environ, arguments.value("config"), config::Required::kMayBeMissing));
  } else {
    text = config::show_settings(config::load(environ, arguments.value("config")));
  }
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

std::string config_usage() {
  return "latchkey config [--config FILE] [--values] | --env-example | --list\n"
         "  latchkey config bench-hash [--target TIME]\n"
         "    Shows every setting, its value and where the value comes from. Secrets are masked.\n"
         "    `bench-hash` measures password hashes on this machine for some seconds, proposes a "
         "cost,\n"
         "    and changes nothing.\n"
         "      --config FILE  read the settings from FILE too (the environment goes first)\n"
         "      --values       print NAME=value of every setting that is no secret, for scripts\n"
         "      --env-example  print a file of settings to fill in\n"
         "      --list         explain every setting\n"
         "      --target TIME  how long a hash may take: 10ms to 1s (default 250ms)";
}

}  // namespace latchkey::cli
