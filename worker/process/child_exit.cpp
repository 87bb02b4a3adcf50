// SPDX-License-Identifier: Apache-2.0
#include "process/child_exit.h"

#include <cstring>
#include <sys/wait.h>

#include "process/contract.h"

namespace latchkey::process {
namespace {

const char* meaning_of(int exit_code) {
  switch (exit_code) {
    case kExitUsage:
      return " (usage)";
    case kExitBroken:
      return " (cannot go on)";
    case kExitOsError:
      return " (refused by the system)";
    case kExitIdle:
      return " (idle)";
    case kExitConfiguration:
      return " (configuration)";
    case kExitNotExecuted:
      return " (program could not be executed)";
    default:
      return "";
  }
}

std::string name_of_signal(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? "" : std::string(" (") + name + ")";
}

}  // namespace

ChildExit ChildExit::from_wait_status(int status) {
  if (WIFSIGNALED(status)) return {Kind::kSignalled, WTERMSIG(status)};
  const int code = WEXITSTATUS(status);
  const bool is_clean = code == kExitDone || code == kExitIdle;
  return {is_clean ? Kind::kClean : Kind::kFailed, code};
}

std::string ChildExit::describe() const {
  if (kind == Kind::kSignalled) return "signal " + std::to_string(number) + name_of_signal(number);
  return "exit code " + std::to_string(number) + meaning_of(number);
}

}  // namespace latchkey::process
