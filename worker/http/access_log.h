// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one line that a finished request leaves in the log, and how loud it is.
//
// ERROR for 5xx, with the private half of the error; WARNING for what authentication refuses (401,
// 403); INFO for the rest. /health and /readiness are asked by machines every second: DEBUG,
// unless the answer shows a bug (500).
//
// The line holds the path without its query string, and nothing of headers or body.
//
// Runs in workers.

#include <cstdint>
#include <string_view>

#include "base/cost_meter.h"
#include "base/error.h"
#include "http/request.h"

namespace latchkey::http {

struct AccessLine {
  const Request& request;
  std::string_view route;  // the pattern, empty if none matched
  int status = 0;
  const base::Error* error = nullptr;
  std::int64_t user_id = 0;
  std::int64_t duration_ns = 0;
  base::Costs costs;
};

void write_access_line(const AccessLine& line);

}  // namespace latchkey::http
