// SPDX-License-Identifier: Apache-2.0
#pragma once

// The log lines of a circuit breaker: one for each change of state, written by the process that
// made it.
//
// Runs in workers and the command line. No failures.

#include <string>

#include "shm/breaker.h"

namespace latchkey::shm {

// A listener that logs under "latchkey.breaker"; `name` is the dependency's ("database").
BreakerListener log_changes(std::string name);

}  // namespace latchkey::shm
