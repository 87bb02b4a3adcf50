// SPDX-License-Identifier: Apache-2.0
#pragma once

// Trust yourself strictly: a broken invariant of this room ends the process with a message, since
// a supervisor that has lost count of its workers can do more harm than one that is restarted.
//
// Runs in the supervisor. Only for what no child, peer or operator can cause.

#include <cstdlib>

#include "base/log.h"

namespace latchkey::process {

inline void require(bool holds, const char* broken) {
  if (holds) return;
  base::Logger("latchkey.process")
      .critical("internal error", {{"broken", std::string_view(broken)}});
  std::abort();
}

}  // namespace latchkey::process
