// SPDX-License-Identifier: Apache-2.0
#include "http/problem.h"

#include <string>

#include "base/json_writer.h"
#include "base/timestamp.h"

namespace latchkey::http {
namespace {

using base::Error;
using base::ErrorCode;
using base::JsonWriter;

// RFC 6750, section 3.1: `error` only where a token was sent, and only for what is wrong with it.
std::string_view challenge_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTokenInvalid:
      return R"(Bearer realm="latchkey", error="invalid_token", error_description="The token is not valid")";
    case ErrorCode::kTokenExpired:
      return R"(Bearer realm="latchkey", error="invalid_token", error_description="The token has expired")";
    case ErrorCode::kTokenRevoked:
      return R"(Bearer realm="latchkey", error="invalid_token", error_description="The session has ended")";
    default:
      return R"(Bearer realm="latchkey")";
  }
}

void write_fields(JsonWriter& json, const Error& error) {
  json.key("errors").begin_array();
  for (const base::FieldError& field : error.fields()) {
    json.begin_object();
    json.key("field").string(field.field);
    json.key("code").string(field.code);
    json.key("message").string(field.message);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidJson:
    case ErrorCode::kValidationError:
      return 400;
    case ErrorCode::kInvalidCredentials:
    case ErrorCode::kNotAuthenticated:
    case ErrorCode::kTokenInvalid:
    case ErrorCode::kTokenExpired:
    case ErrorCode::kTokenRevoked:
      return 401;
    case ErrorCode::kUserInactive:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kMethodNotAllowed:
      return 405;
    case ErrorCode::kUserAlreadyExists:
      return 409;
    case ErrorCode::kPayloadTooLarge:
      return 413;
    case ErrorCode::kUriTooLong:
      return 414;
    case ErrorCode::kUnsupportedMediaType:
      return 415;
    case ErrorCode::kTooManyRequests:
      return 429;
    case ErrorCode::kHeadersTooLarge:
      return 431;
    case ErrorCode::kInternalError:
    case ErrorCode::kDatabaseError:
      return 500;
    case ErrorCode::kWorkerUnavailable:
      return 502;
    case ErrorCode::kDatabaseUnavailable:
    case ErrorCode::kCircuitOpen:
    case ErrorCode::kOverloaded:
      return 503;
    case ErrorCode::kWorkerTimeout:
      return 504;
  }
  return 500;
}

Response render_problem(const Error& error, std::string_view request_id, std::int64_t now_ms) {
  const std::string_view code_name = base::row_of(error.code()).name;
  Response response;
  response.status = status_of(error.code());
  response.content_type = "application/problem+json";

  JsonWriter json(response.body);
  json.begin_object();
  json.key("type").string("/docs/errors#" + std::string(code_name));
  json.key("title").string(reason_of(response.status));
  json.key("status").integer(response.status);
  json.key("detail").string(error.detail());
  json.key("error_code").string(code_name);
  json.key("timestamp").string(base::format_timestamp(now_ms));
  json.key("request_id").string(request_id);
  if (!error.fields().empty()) write_fields(json, error);
  json.end_object();

  response.add_header("Cache-Control", "no-store");
  if (response.status == 401) response.add_header("WWW-Authenticate", challenge_of(error.code()));
  if (error.retry_after_s()) {
    response.add_header("Retry-After", std::to_string(*error.retry_after_s()));
  }
  return response;
}

}  // namespace latchkey::http
