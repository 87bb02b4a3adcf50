// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one shape of an error on the wire: application/problem+json (RFC 9457) with the members
// `error_code`, `timestamp`, `request_id` and, for validation, `errors`.
//
// Here an error code gets its HTTP status and the headers that go with it: WWW-Authenticate with
// 401 (RFC 9110, section 11.6.1; RFC 6750, section 3), Retry-After where the error has one.
// nginx writes the same shape for its own errors (nginx/latchkey-problem.conf).
//
// Runs in workers. No failures.

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "http/response.h"

namespace latchkey::http {

int status_of(base::ErrorCode code);

// `now_ms` as base::Clock::wall_ms() gives it.
Response render_problem(const base::Error& error, std::string_view request_id, std::int64_t now_ms);

}  // namespace latchkey::http
