// SPDX-License-Identifier: Apache-2.0
//
// The caller's own account.
#include <utility>

#include "api/body_reader.h"
#include "api/endpoints.h"
#include "api/exchange_view.h"
#include "api/views.h"

namespace latchkey::api {

using http::Exchange;
using http::Response;

Response show_user(Endpoints& endpoints, Exchange& exchange) {
  return user_response(endpoints.accounts.find(caller_of(exchange)));
}

Response update_user(Endpoints& endpoints, Exchange& exchange) {
  BodyReader body(exchange);
  service::UpdateRequest request{
      .email = body.optional("email"), .username = body.optional("username"), .faults = {}};
  request.faults = body.take_faults();
  return user_response(
      endpoints.accounts.update(caller_of(exchange), std::move(request), origin_of(exchange)));
}

Response delete_user(Endpoints& endpoints, Exchange& exchange) {
  endpoints.accounts.deactivate(caller_of(exchange), origin_of(exchange));
  return Response::no_content();
}

Response change_password(Endpoints& endpoints, Exchange& exchange) {
  BodyReader body(exchange);
  service::PasswordChangeRequest request{
      .current_password = body.required_secret("current_password"),
      .new_password = body.required_secret("new_password"),
      .faults = {}};
  request.faults = body.take_faults();
  endpoints.accounts.change_password(caller_of(exchange), std::move(request), origin_of(exchange));
  return Response::no_content();
}

}  // namespace latchkey::api
