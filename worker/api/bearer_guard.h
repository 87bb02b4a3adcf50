// SPDX-License-Identifier: Apache-2.0
#pragma once

// The guard of every path that needs a user: an access token in the Authorization header
// (RFC 6750, section 2.1), verified by its signature and claims alone. Whether its session still
// lives is looked up by the handler's own database call.
//
// Runs in workers. Throws base::Error: kNotAuthenticated without a Bearer token, kTokenInvalid,
// kTokenExpired.

#include "http/route.h"
#include "service/tokens.h"

namespace latchkey::api {

// Sets exchange.identity.
void require_bearer(const service::Tokens& tokens, http::Exchange& exchange);

}  // namespace latchkey::api
