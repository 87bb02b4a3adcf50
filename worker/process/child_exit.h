// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a child ended, from the status that waitpid(2) gives.
//
// Runs in the supervisor. No failures.

#include <string>

namespace latchkey::process {

struct ChildExit {
  enum class Kind { kClean, kFailed, kSignalled };

  Kind kind = Kind::kClean;
  int number = 0;  // the exit code of kFailed, the signal of kSignalled

  static ChildExit from_wait_status(int status);
  // "exit code 78 (configuration)", "signal 9 (KILL)".
  [[nodiscard]] std::string describe() const;
};

}  // namespace latchkey::process
