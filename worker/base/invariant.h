// SPDX-License-Identifier: Apache-2.0
#pragma once

// Trust yourself strictly: a broken invariant of our own ends the process with a message. A process
// that has lost count of itself can do more harm than one that is restarted.
//
// Runs in every process. Only for what no client, peer, child or operator can cause.

#include <cstdlib>

#include "base/log.h"

namespace latchkey::base {

inline void require(bool holds, const char* broken) {
  if (holds) return;
  Logger("latchkey").critical("internal error", {{"broken", std::string_view(broken)}});
  std::abort();
}

}  // namespace latchkey::base
