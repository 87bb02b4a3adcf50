// SPDX-License-Identifier: Apache-2.0
//
// The caller's sessions.
#include "api/endpoints.h"
#include "api/exchange_view.h"
#include "api/views.h"

namespace latchkey::api {

using http::Exchange;
using http::Response;

Response log_out_everywhere(Endpoints& endpoints, Exchange& exchange) {
  endpoints.sessions.log_out_everywhere(caller_of(exchange), origin_of(exchange));
  return message_response("Logged out everywhere");
}

Response list_sessions(Endpoints& endpoints, Exchange& exchange) {
  const db::Caller caller = caller_of(exchange);
  return session_list_response(endpoints.sessions.list(caller), caller.session_id);
}

Response revoke_session(Endpoints& endpoints, Exchange& exchange) {
  endpoints.sessions.revoke(caller_of(exchange), exchange.path_parameter, origin_of(exchange));
  return Response::no_content();
}

}  // namespace latchkey::api
