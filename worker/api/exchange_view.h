// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the endpoints take out of an exchange, in the terms of the services.
//
// Runs in workers.

#include <optional>
#include <string_view>

#include "db/records.h"
#include "http/route.h"

namespace latchkey::api {

// Who asks. Only behind Guard::kBearer.
db::Caller caller_of(const http::Exchange& exchange);

// Where the request comes from, fit to be stored: a valid address or none, text in UTF-8.
db::Origin origin_of(const http::Exchange& exchange);

// The value of a parameter of the query string, as it was sent (no percent escape is decoded);
// the first if there are several. The name is compared without regard to case.
std::optional<std::string_view> query_parameter(const http::Exchange& exchange,
                                                std::string_view name);

}  // namespace latchkey::api
