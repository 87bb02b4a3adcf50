// SPDX-License-Identifier: Apache-2.0
#include "http/problem.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/json_reader.h"
#include "http/headers.h"

namespace latchkey::http {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::int64_t kNowMs = 1'771'497'045'123;

Response problem(const Error& error) { return render_problem(error, "request-0001", kNowMs); }

// The table of docs/api.md, by hand: a code that is missing here fails the test below.
const std::map<std::string_view, int>& statuses() {
  static const std::map<std::string_view, int> kStatuses{
      {"INVALID_JSON", 400},       {"VALIDATION_ERROR", 400},       {"INVALID_CREDENTIALS", 401},
      {"NOT_AUTHENTICATED", 401},  {"TOKEN_INVALID", 401},          {"TOKEN_EXPIRED", 401},
      {"TOKEN_REVOKED", 401},      {"USER_INACTIVE", 403},          {"NOT_FOUND", 404},
      {"METHOD_NOT_ALLOWED", 405}, {"USER_ALREADY_EXISTS", 409},    {"PAYLOAD_TOO_LARGE", 413},
      {"URI_TOO_LONG", 414},       {"UNSUPPORTED_MEDIA_TYPE", 415}, {"TOO_MANY_REQUESTS", 429},
      {"HEADERS_TOO_LARGE", 431},  {"INTERNAL_ERROR", 500},         {"DATABASE_ERROR", 500},
      {"WORKER_UNAVAILABLE", 502}, {"DATABASE_UNAVAILABLE", 503},   {"CIRCUIT_OPEN", 503},
      {"OVERLOADED", 503},         {"WORKER_TIMEOUT", 504},
  };
  return kStatuses;
}

TEST(Problem, EveryCodeHasItsStatus) {
  EXPECT_EQ(statuses().size(), base::kErrorCodes.size());
  for (const base::ErrorCodeRow& row : base::kErrorCodes) {
    ASSERT_TRUE(statuses().contains(row.name)) << row.name;
    EXPECT_EQ(status_of(row.code), statuses().at(row.name)) << row.name;
  }
}

TEST(Problem, EveryCodeIsRendered) {
  for (const base::ErrorCodeRow& row : base::kErrorCodes) {
    const Response response = problem(Error(row.code));
    EXPECT_EQ(response.status, status_of(row.code));
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
    const base::JsonObject body = base::parse_json_object(response.body);
    EXPECT_EQ(body.find_string("type"), "/docs/errors#" + std::string(row.name));
    EXPECT_EQ(body.find_string("title"), reason_of(response.status));
    EXPECT_EQ(body.find_integer("status"), response.status);
    EXPECT_EQ(body.find_string("detail"), row.default_detail);
    EXPECT_EQ(body.find_string("error_code"), row.name);
    EXPECT_EQ(body.find_string("timestamp"), "2026-02-19T10:30:45.123Z");
    EXPECT_EQ(body.find_string("request_id"), "request-0001");
    EXPECT_EQ(body.find("errors"), nullptr);
    EXPECT_EQ(header_of(response, "WWW-Authenticate").empty(), response.status != 401) << row.name;
    EXPECT_EQ(header_of(response, "Retry-After"), "");
  }
}

TEST(Problem, ChallengesAsRfc6750HasIt) {
  const auto challenge = [](ErrorCode code) {
    return header_of(problem(Error(code)), "WWW-Authenticate");
  };
  EXPECT_EQ(challenge(ErrorCode::kNotAuthenticated), R"(Bearer realm="latchkey")");
  EXPECT_EQ(challenge(ErrorCode::kInvalidCredentials), R"(Bearer realm="latchkey")");
  for (const ErrorCode code :
       {ErrorCode::kTokenInvalid, ErrorCode::kTokenExpired, ErrorCode::kTokenRevoked}) {
    EXPECT_EQ(challenge(code), R"(Bearer realm="latchkey", error="invalid_token", )"
                               R"(error_description=")" +
                                   std::string(base::row_of(code).default_detail) + '"');
  }
}

TEST(Problem, SaysWhenToTryAgain) {
  EXPECT_EQ(header_of(problem(Error(ErrorCode::kCircuitOpen).retry_after(60)), "Retry-After"),
            "60");
}

TEST(Problem, NamesEveryFaultOfABody) {
  const Response response = problem(Error::validation(
      {{"email", "invalid", "must be \"an\" email"}, {"password", "too_short", "more"}}));
  EXPECT_EQ(response.body,
            R"({"type":"/docs/errors#VALIDATION_ERROR","title":"Bad Request","status":400,)"
            R"("detail":"The request is not valid","error_code":"VALIDATION_ERROR",)"
            R"("timestamp":"2026-02-19T10:30:45.123Z","request_id":"request-0001",)"
            R"("errors":[{"field":"email","code":"invalid","message":"must be \"an\" email"},)"
            R"({"field":"password","code":"too_short","message":"more"}]})");
}

TEST(Problem, KeepsThePrivateHalfToItself) {
  const Response response =
      problem(Error(ErrorCode::kDatabaseError, "Public").because("SQLSTATE 23505 private"));
  EXPECT_NE(response.body.find("Public"), std::string::npos);
  EXPECT_EQ(response.body.find("private"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::http
