// SPDX-License-Identifier: Apache-2.0
//
// Registration, login, refresh, logout, and the check that nginx' auth_request makes.
#include <utility>

#include "api/body_reader.h"
#include "api/endpoints.h"
#include "api/exchange_view.h"
#include "api/views.h"
#include "base/error.h"

namespace latchkey::api {

using http::Exchange;
using http::Response;

Response register_user(Endpoints& endpoints, Exchange& exchange) {
  BodyReader body(exchange);
  service::RegistrationRequest request{.email = body.required("email"),
                                       .username = body.required("username"),
                                       .password = body.required_secret("password"),
                                       .faults = {}};
  request.faults = body.take_faults();
  const db::Grant grant =
      endpoints.authentication.register_user(std::move(request), origin_of(exchange));
  exchange.user_id = grant.user.id;
  return token_response(201, endpoints.tokens.issue(grant), grant.user);
}

Response log_in(Endpoints& endpoints, Exchange& exchange) {
  BodyReader body(exchange);
  service::LoginRequest request{.email = body.optional("email"),
                                .username = body.optional("username"),
                                .password = body.required_secret("password"),
                                .faults = {}};
  request.faults = body.take_faults();
  const db::Grant grant = endpoints.authentication.log_in(std::move(request), origin_of(exchange));
  exchange.user_id = grant.user.id;
  return token_response(200, endpoints.tokens.issue(grant), grant.user);
}

Response refresh(Endpoints& endpoints, Exchange& exchange) {
  const auto token = BodyReader(exchange).the_secret("refresh_token");
  const db::Grant grant =
      endpoints.sessions.refresh(token.reveal(), origin_of(exchange), exchange.waited_ms);
  exchange.user_id = grant.user.id;
  return token_response(200, endpoints.tokens.issue(grant), grant.user);
}

Response log_out(Endpoints& endpoints, Exchange& exchange) {
  const auto token = BodyReader(exchange).the_secret("refresh_token");
  endpoints.sessions.log_out(token.reveal(), origin_of(exchange));
  return message_response("Logged out");
}

// By the token and what this node knows of ended sessions, so that protecting an application costs
// no database call; with ?check=session as strictly as every other path. Another value is refused:
// a misspelt one in an nginx configuration must not turn the look-up off unseen.
Response verify(Endpoints& endpoints, Exchange& exchange) {
  const db::Caller caller = caller_of(exchange);
  const auto check = query_parameter(exchange, "check");
  if (check && *check != "session") {
    throw base::Error::validation({{"check", "invalid", "must be session if it is given"}});
  }
  const bool is_vouched_for =
      endpoints.revocations.vouches_for(caller.session_id, exchange.identity->issued_at_s);
  if (check || !is_vouched_for) endpoints.accounts.find(caller);
  Response response = Response::no_content();
  response.add_header("X-User-Id", std::to_string(caller.user_id));
  response.add_header("X-Session-Id", caller.session_id.text());
  response.add_header("Cache-Control", "no-store");
  return response;
}

}  // namespace latchkey::api
