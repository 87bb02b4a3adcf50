// SPDX-License-Identifier: Apache-2.0
#include "api/routes.h"

#include <initializer_list>

#include "api/endpoints.h"

namespace latchkey::api {
namespace {

using base::ErrorCode;
using enum http::Guard;
using enum http::Pool;
using http::Body;
using http::Exchange;
using http::Response;

// Gives a handler its endpoints back from the pipeline's untyped pointer.
template <Response (*handler)(Endpoints&, Exchange&)>
Response bound(void* context, Exchange& exchange) {
  return handler(*static_cast<Endpoints*>(context), exchange);
}

constexpr bool kNoDatabase = false;
constexpr bool kDatabase = true;

}  // namespace

// clang-format off
std::vector<http::Route> routes() {
  return {
      //   method   path                   guard    pool   body               database     handler                     own errors
      { 0, "GET",    "/",                    kNone,   kApi,  Body::kNone,       kNoDatabase, bound<show_service>,        {}},
      { 1, "GET",    "/health",              kNone,   kApi,  Body::kNone,       kNoDatabase, bound<show_health>,         {}},
      { 2, "GET",    "/readiness",           kNone,   kApi,  Body::kNone,       kDatabase,   bound<show_readiness>,      {}},
      {18, "GET",    "/.well-known/jwks.json", kNone, kApi, Body::kNone,        kNoDatabase, bound<show_keys>,           {}},
      {17, "GET",    "/metrics",             kNone,   kApi,  Body::kNone,       kNoDatabase, bound<show_metrics>,        {ErrorCode::kNotFound}},

      { 3, "POST",   "/auth/register",       kNone,   kHash, Body::kJson,       kDatabase,   bound<register_user>,       {ErrorCode::kUserAlreadyExists, ErrorCode::kTooManyRequests}},
      { 4, "POST",   "/auth/login",          kNone,   kHash, Body::kJsonOrForm, kDatabase,   bound<log_in>,              {ErrorCode::kInvalidCredentials, ErrorCode::kUserInactive, ErrorCode::kTooManyRequests}},
      { 5, "POST",   "/auth/refresh",        kNone,   kApi,  Body::kJson,       kDatabase,   bound<refresh>,             {ErrorCode::kTokenInvalid, ErrorCode::kTokenExpired, ErrorCode::kTokenRevoked, ErrorCode::kUserInactive}},
      { 6, "POST",   "/auth/refresh-token",  kNone,   kApi,  Body::kJson,       kDatabase,   bound<refresh>,             {ErrorCode::kTokenInvalid, ErrorCode::kTokenExpired, ErrorCode::kTokenRevoked, ErrorCode::kUserInactive}},
      { 7, "POST",   "/auth/logout",         kNone,   kApi,  Body::kJson,       kDatabase,   bound<log_out>,             {ErrorCode::kTokenInvalid}},
      { 8, "POST",   "/auth/logout-all",     kBearer, kApi,  Body::kNone,       kDatabase,   bound<log_out_everywhere>,  {}},
      { 9, "GET",    "/auth/sessions",       kBearer, kApi,  Body::kNone,       kDatabase,   bound<list_sessions>,       {}},
      {10, "DELETE", "/auth/sessions/{id}",  kBearer, kApi,  Body::kNone,       kDatabase,   bound<revoke_session>,      {ErrorCode::kNotFound}},
      {11, "GET",    "/auth/verify",         kBearer, kApi,  Body::kNone,       kDatabase,   bound<verify>,              {ErrorCode::kValidationError}},

      {12, "GET",    "/users/me",            kBearer, kApi,  Body::kNone,       kDatabase,   bound<show_user>,           {}},
      {13, "PUT",    "/users/me",            kBearer, kApi,  Body::kJson,       kDatabase,   bound<update_user>,         {ErrorCode::kUserAlreadyExists}},
      {14, "PATCH",  "/users/me",            kBearer, kApi,  Body::kJson,       kDatabase,   bound<update_user>,         {ErrorCode::kUserAlreadyExists}},
      {15, "DELETE", "/users/me",            kBearer, kApi,  Body::kNone,       kDatabase,   bound<delete_user>,         {}},
      {16, "PUT",    "/users/me/password",   kBearer, kHash, Body::kJson,       kDatabase,   bound<change_password>,     {ErrorCode::kInvalidCredentials, ErrorCode::kTooManyRequests}},
  };
}
// clang-format on

std::vector<ErrorCode> errors_of(const http::Route& route) {
  std::vector<ErrorCode> errors = route.errors;
  const auto add = [&errors](std::initializer_list<ErrorCode> codes) {
    errors.insert(errors.end(), codes);
  };
  if (route.guard == kBearer) {
    add({ErrorCode::kNotAuthenticated, ErrorCode::kTokenInvalid, ErrorCode::kTokenExpired,
         ErrorCode::kTokenRevoked, ErrorCode::kUserInactive});
  }
  if (route.body != Body::kNone) {
    add({ErrorCode::kInvalidJson, ErrorCode::kValidationError, ErrorCode::kUnsupportedMediaType});
  }
  if (route.asks_database) {
    add({ErrorCode::kDatabaseError, ErrorCode::kDatabaseUnavailable, ErrorCode::kCircuitOpen});
  }
  if (route.pool == kHash) add({ErrorCode::kOverloaded});
  // What can happen to any request, on the way here or in the worker.
  add({ErrorCode::kPayloadTooLarge, ErrorCode::kUriTooLong, ErrorCode::kHeadersTooLarge,
       ErrorCode::kInternalError, ErrorCode::kWorkerUnavailable, ErrorCode::kWorkerTimeout});
  return errors;
}

}  // namespace latchkey::api
