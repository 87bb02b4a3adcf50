// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one line that a finished request leaves in the log, and how loud it is.
//
// ERROR for 5xx, with the private half of the error; WARNING for what authentication refuses (401,
// 403); INFO for the rest. /health, /readiness and /metrics are asked by machines all the time:
// DEBUG, unless the answer shows a bug (500).
//
// The line holds the path without its query string, and nothing of headers or body.
//
// Runs in workers.

#include "http/exchange.h"
#include "http/observation.h"

namespace latchkey::http {

void write_access_line(const Exchange& exchange, const Observation& observation);

}  // namespace latchkey::http
