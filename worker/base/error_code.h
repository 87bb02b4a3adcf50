// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one list of error codes that a client can meet (docs/api.md has the same list for clients).
//
// A row holds what is true of a code wherever it occurs: its name on the wire and the sentence
// shown when the place that raised it had nothing better to say. The HTTP status is not here:
// the rooms below http/ do not know HTTP. http/problem.cpp adds it, and a test holds both lists
// together.
//
// Runs in every process. No failures.

#include <array>
#include <cstddef>
#include <string_view>

namespace latchkey::base {

enum class ErrorCode {
  kInvalidJson,
  kValidationError,
  kInvalidCredentials,
  kNotAuthenticated,
  kTokenInvalid,
  kTokenExpired,
  kTokenRevoked,
  kUserInactive,
  kNotFound,
  kMethodNotAllowed,
  kUserAlreadyExists,
  kPayloadTooLarge,
  kUriTooLong,
  kUnsupportedMediaType,
  kHeadersTooLarge,
  kTooManyRequests,
  kInternalError,
  kDatabaseError,
  kWorkerUnavailable,
  kWorkerTimeout,
  kDatabaseUnavailable,
  kCircuitOpen,
  kOverloaded,
};

struct ErrorCodeRow {
  ErrorCode code;
  std::string_view name;
  std::string_view default_detail;
};

inline constexpr std::array kErrorCodes{
    ErrorCodeRow{ErrorCode::kInvalidJson, "INVALID_JSON", "The request body cannot be read"},
    ErrorCodeRow{ErrorCode::kValidationError, "VALIDATION_ERROR", "The request is not valid"},
    ErrorCodeRow{ErrorCode::kInvalidCredentials, "INVALID_CREDENTIALS", "Invalid credentials"},
    ErrorCodeRow{ErrorCode::kNotAuthenticated, "NOT_AUTHENTICATED", "Authentication is required"},
    ErrorCodeRow{ErrorCode::kTokenInvalid, "TOKEN_INVALID", "The token is not valid"},
    ErrorCodeRow{ErrorCode::kTokenExpired, "TOKEN_EXPIRED", "The token has expired"},
    ErrorCodeRow{ErrorCode::kTokenRevoked, "TOKEN_REVOKED", "The session has ended"},
    ErrorCodeRow{ErrorCode::kUserInactive, "USER_INACTIVE", "The user is deactivated"},
    ErrorCodeRow{ErrorCode::kNotFound, "NOT_FOUND", "There is nothing at this path"},
    ErrorCodeRow{ErrorCode::kMethodNotAllowed, "METHOD_NOT_ALLOWED",
                 "This path does not answer this method"},
    ErrorCodeRow{ErrorCode::kUserAlreadyExists, "USER_ALREADY_EXISTS",
                 "The email or username is already taken"},
    ErrorCodeRow{ErrorCode::kPayloadTooLarge, "PAYLOAD_TOO_LARGE", "The request body is too large"},
    ErrorCodeRow{ErrorCode::kUriTooLong, "URI_TOO_LONG", "The request URI is too long"},
    ErrorCodeRow{ErrorCode::kUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
                 "The content type of the request body is not supported"},
    ErrorCodeRow{ErrorCode::kHeadersTooLarge, "HEADERS_TOO_LARGE",
                 "The request header is too large"},
    ErrorCodeRow{ErrorCode::kTooManyRequests, "TOO_MANY_REQUESTS", "Too many requests"},
    ErrorCodeRow{ErrorCode::kInternalError, "INTERNAL_ERROR", "An unexpected error occurred"},
    ErrorCodeRow{ErrorCode::kDatabaseError, "DATABASE_ERROR",
                 "The database could not carry out the request"},
    ErrorCodeRow{ErrorCode::kWorkerUnavailable, "WORKER_UNAVAILABLE", "No worker could answer"},
    ErrorCodeRow{ErrorCode::kWorkerTimeout, "WORKER_TIMEOUT", "The worker did not answer in time"},
    ErrorCodeRow{ErrorCode::kDatabaseUnavailable, "DATABASE_UNAVAILABLE",
                 "The database cannot be reached"},
    ErrorCodeRow{ErrorCode::kCircuitOpen, "CIRCUIT_OPEN",
                 "The database has failed repeatedly and is being given time to recover"},
    ErrorCodeRow{ErrorCode::kOverloaded, "OVERLOADED",
                 "The service is at its limit; try again shortly"},
};

// The row of a code: the rows stand in the order of the enumeration.
constexpr const ErrorCodeRow& row_of(ErrorCode code) {
  return kErrorCodes.at(static_cast<std::size_t>(code));
}

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kErrorCodes.size(); ++i) {
    if (static_cast<std::size_t>(kErrorCodes.at(i).code) != i) {
      return false;
    }
  }
  return true;
}
static_assert(rows_are_in_order());

}  // namespace latchkey::base
