// SPDX-License-Identifier: Apache-2.0
#pragma once

// A request on its way through the pipeline, and what has been learned of it so far.
//
// Runs in workers. Plain data.

#include <cstdint>
#include <optional>
#include <string>

#include "base/uuid.h"
#include "http/request.h"

namespace latchkey::http {

// What the handler reads.
enum class Body { kNone, kJson, kJsonOrForm };

// Who asks, by a token that has been verified.
struct Identity {
  std::int64_t user_id = 0;
  base::Uuid session_id;
  std::int64_t issued_at_s = 0;
};

struct Exchange {
  const Request& request;
  std::string path_parameter = {};                  // what stood for {id}
  std::optional<Identity> identity = std::nullopt;  // set by the guard
  std::int64_t user_id = 0;                         // for the log; 0 while nobody is known
  std::int64_t waited_ms = 0;  // since nginx first handed the request over, 0 if it does not say
  Body body = Body::kNone;     // what the route takes
};

}  // namespace latchkey::http
