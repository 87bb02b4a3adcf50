// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a path answers: the row that the route table (api/routes.cpp) is made of.
//
// Runs in workers. Plain data.

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error_code.h"
#include "http/exchange.h"
#include "http/response.h"

namespace latchkey::http {

// Which workers answer: nginx routes by it, and a test holds nginx' locations to the table.
enum class Pool { kApi, kHash };

// What stands before the handler.
enum class Guard {
  kNone,
  kBearer,  // an access token that verifies; the handler's call looks the session up
};

// A handler belongs to the endpoints of one worker, which `context` points to.
using Handler = Response (*)(void* context, Exchange& exchange);

struct Route {
  // Where it is counted in the shared segment: a new route takes the next number, and the number of
  // one that is removed is not used again (shm/layout.h).
  std::size_t series = 0;
  std::string_view method;
  std::string_view path;  // a last segment of {id} matches any one segment
  Guard guard = Guard::kNone;
  Pool pool = Pool::kApi;
  Body body = Body::kNone;
  bool asks_database = true;  // like `pool` and `errors`: for errors_of() and the tests
  Handler handler = nullptr;
  std::vector<base::ErrorCode> errors;  // beyond those that guard, body and database imply
};

// Every path also answers below this prefix.
inline constexpr std::string_view kVersionPrefix = "/api/v1";

}  // namespace latchkey::http
