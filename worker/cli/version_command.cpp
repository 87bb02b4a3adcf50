// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/version.h"

namespace latchkey::cli {

int show_version(const Words& words) {
  const Arguments arguments(words, {});
  if (!arguments.positional().empty()) throw UsageError("version takes no arguments");
  std::printf("latchkey %s\n", kVersion);
  return kExitOk;
}

std::string version_usage() { return "latchkey version"; }

}  // namespace latchkey::cli
