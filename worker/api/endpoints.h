// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the endpoints work with, and the endpoints, one function each: read the body, one call of a
// service, tokens where it grants any, one response.
//
// Each family has its file: auth_endpoints.cpp, session_endpoints.cpp, user_endpoints.cpp,
// system_endpoints.cpp. Which path leads to which function is in routes.cpp.
//
// Runs in workers. What goes wrong is thrown as base::Error and rendered by http/pipeline.cpp.

#include <string>

#include "crypto/jws.h"
#include "db/health.h"
#include "http/route.h"
#include "service/account_service.h"
#include "service/authentication.h"
#include "service/revocation_watch.h"
#include "service/session_service.h"
#include "service/tokens.h"
#include "shm/breaker.h"
#include "shm/layout.h"

namespace latchkey::api {

// Everything outlives the endpoints.
struct Endpoints {
  service::Authentication& authentication;
  service::SessionService& sessions;
  service::AccountService& accounts;
  service::Tokens& tokens;
  const crypto::Keys& keys;
  service::RevocationWatch& revocations;
  db::Health& health;
  const base::Clock& clock;
  const shm::SharedLayout& shared;
  const shm::Breaker& database_breaker;
  std::string version;
};

http::Response register_user(Endpoints& endpoints, http::Exchange& exchange);
http::Response log_in(Endpoints& endpoints, http::Exchange& exchange);
http::Response refresh(Endpoints& endpoints, http::Exchange& exchange);
http::Response log_out(Endpoints& endpoints, http::Exchange& exchange);
http::Response verify(Endpoints& endpoints, http::Exchange& exchange);

http::Response log_out_everywhere(Endpoints& endpoints, http::Exchange& exchange);
http::Response list_sessions(Endpoints& endpoints, http::Exchange& exchange);
http::Response revoke_session(Endpoints& endpoints, http::Exchange& exchange);

http::Response show_user(Endpoints& endpoints, http::Exchange& exchange);
http::Response update_user(Endpoints& endpoints, http::Exchange& exchange);
http::Response delete_user(Endpoints& endpoints, http::Exchange& exchange);
http::Response change_password(Endpoints& endpoints, http::Exchange& exchange);

http::Response show_service(Endpoints& endpoints, http::Exchange& exchange);
http::Response show_health(Endpoints& endpoints, http::Exchange& exchange);
http::Response show_readiness(Endpoints& endpoints, http::Exchange& exchange);
http::Response show_keys(Endpoints& endpoints, http::Exchange& exchange);
http::Response show_metrics(Endpoints& endpoints, http::Exchange& exchange);

}  // namespace latchkey::api
