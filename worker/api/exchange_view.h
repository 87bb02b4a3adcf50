// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the endpoints take out of an exchange, in the terms of the services.
//
// Runs in workers.

#include <string_view>

#include "db/records.h"
#include "http/route.h"

namespace latchkey::api {

// Who asks. Only behind Guard::kBearer.
db::Caller caller_of(const http::Exchange& exchange);

// Where the request comes from, fit to be stored: a valid address or none, text in UTF-8.
db::Origin origin_of(const http::Exchange& exchange);

// Whether the query string holds `name=value` among its parameters.
bool has_query_parameter(const http::Exchange& exchange, std::string_view parameter);

}  // namespace latchkey::api
