// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "doubles/captured_log.h"
#include "doubles/endpoints_fixture.h"

namespace latchkey::api {
namespace {

// ---- what the service says of itself

TEST_F(EndpointsTest, TheRootNamesTheService) {
  const Response response = answer("GET", "/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"name":"Latchkey","version":"1.2.3","docs":"/docs",)"
                           R"("redoc":"/redoc","openapi":"/openapi.json"})");
  EXPECT_EQ(answer("GET", "/api/v1").body, response.body);
}

TEST_F(EndpointsTest, HealthStandsWithoutTheDatabase) {
  health_.fault = base::Error(base::ErrorCode::kDatabaseUnavailable);
  const Response response = answer("GET", "/health");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"healthy","timestamp":"2026-02-19T10:30:45.123Z"})");
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
}

TEST_F(EndpointsTest, ReadinessNamesItsChecks) {
  const Response response = answer("GET", "/readiness");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"ready","checks":{"database":"reachable and writable",)"
                           R"("circuit_breaker":"closed","schema":"current"}})");
}

TEST_F(EndpointsTest, ReadinessFallsWithTheDatabase) {
  health_.fault = base::Error(base::ErrorCode::kCircuitOpen).retry_after(60);
  const Response response = answer("GET", "/readiness");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(code_of(response), "CIRCUIT_OPEN");
  EXPECT_EQ(header_of(response, "Retry-After"), "60");
}

// ---- register and login

constexpr const char* kRegistration =
    R"({"email":"Ada@example.com","username":"Ada","password":"correct horse"})";

// Its key is a secret: nothing of it may show.
TEST_F(EndpointsTest, TheSetOfPublicKeysIsEmptyUnderHs256) {
  const Response response = answer("GET", "/.well-known/jwks.json");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"keys":[]})");
  EXPECT_EQ(header_of(response, "Cache-Control"), "public, max-age=300");
}

TEST_F(EndpointsTest, TheSetOfPublicKeysIsSentOnce) {
  const std::string etag = header_of(answer("GET", "/.well-known/jwks.json"), "ETag");
  for (const auto& [known, status] :
       {std::pair{etag, 304}, std::pair{"W/" + etag, 304}, std::pair{"\"x\", " + etag, 304},
        std::pair{std::string("*"), 304}, std::pair{std::string("\"x\""), 200},
        std::pair{std::string("\"\""), 200}, std::pair{etag.substr(1), 200}}) {
    Request request = make("GET", "/.well-known/jwks.json", {});
    request.if_none_match = known;
    const Response response = answer_request(request);
    EXPECT_EQ(response.status, status) << known;
    EXPECT_EQ(response.body.empty(), status == 304) << known;
    EXPECT_EQ(header_of(response, "ETag"), etag) << known;
  }
}

TEST_F(EndpointsTest, Registers) {
  expect_tokens(answer("POST", "/auth/register", kRegistration), 201);
  EXPECT_EQ(logins_.registered_hash, FakeHasher::hash_of(kPassword));
  EXPECT_EQ(logins_.last_origin->ip, "192.0.2.1");
  EXPECT_EQ(logins_.last_origin->user_agent, "test/1");
  EXPECT_EQ(logins_.last_origin->request_id, "request-0001");
}

TEST_F(EndpointsTest, NamesEveryFaultOfARegistration) {
  const Response response = answer("POST", "/auth/register", R"({"email":7,"password":"short"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(code_of(response), "VALIDATION_ERROR");
  for (const char* const fault :
       {R"("field":"email","code":"wrong_type")", R"("field":"username","code":"required")",
        R"("field":"password","code":"too_short")"}) {
    EXPECT_NE(response.body.find(fault), std::string::npos) << fault;
  }
}

TEST_F(EndpointsTest, ATakenNameIsAConflict) {
  logins_.taken.username = true;
  const Response response = answer("POST", "/auth/register", kRegistration);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(code_of(response), "USER_ALREADY_EXISTS");
}

TEST_F(EndpointsTest, LogsInWithJson) {
  expect_tokens(answer("POST", "/auth/login", R"({"username":"ada","password":"correct horse"})"),
                200);
  expect_tokens(answer("POST", "/api/v1/auth/login",
                       R"({"email":"ada@example.com","password":"correct horse","more":1})"),
                200);
}

TEST_F(EndpointsTest, LogsInWithAForm) {
  Request request = make("POST", "/auth/login",
                         "grant_type=password&username=ada&password="
                         "correct+horse");
  request.content_type = "application/x-www-form-urlencoded";
  Response response;
  {
    const doubles::CapturedLog log;
    response = answer_request(request);
    EXPECT_EQ(log.text().find("horse"), std::string::npos);
    EXPECT_EQ(log.lines().at(0).find_integer("user_id"), 42);
  }
  expect_tokens(response, 200);
}

TEST_F(EndpointsTest, AWrongPasswordIsRefused) {
  const Response response =
      answer("POST", "/auth/login", R"({"username":"ada","password":"wrong"})");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(code_of(response), "INVALID_CREDENTIALS");
  EXPECT_EQ(header_of(response, "WWW-Authenticate"), R"(Bearer realm="latchkey")");
}

// ---- refresh and logout

std::string token_body(const std::string& token) { return R"({"refresh_token":")" + token + "\"}"; }

TEST_F(EndpointsTest, RefreshesUnderBothNames) {
  for (const char* const path : {"/auth/refresh", "/auth/refresh-token"}) {
    sessions_.refresh_request.reset();
    expect_tokens(answer("POST", path, token_body(pair_.refresh_token)), 200);
    EXPECT_TRUE(sessions_.refresh_request) << path;
  }
}

TEST_F(EndpointsTest, ATokenThatDoesNotRefreshIsRefused) {
  const Response response = answer("POST", "/auth/refresh", token_body(pair_.access_token));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(code_of(response), "TOKEN_INVALID");
  EXPECT_EQ(code_of(answer("POST", "/auth/refresh", "{}")), "VALIDATION_ERROR");
}

TEST_F(EndpointsTest, LogsOut) {
  const Response response = answer("POST", "/auth/logout", token_body(pair_.refresh_token));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"message":"Logged out"})");
  EXPECT_EQ(sessions_.logged_out->session_id, doubles::uuid());
}

TEST_F(EndpointsTest, LogsOutEverywhere) {
  const Response response = answer_user("POST", "/auth/logout-all");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"message":"Logged out everywhere"})");
  EXPECT_EQ(sessions_.logged_out_everywhere->user_id, 42);
}

// ---- sessions

TEST_F(EndpointsTest, MarksTheSessionThatAsks) {
  sessions_.entries.resize(2);
  sessions_.entries[0].id = doubles::uuid(doubles::kOtherSessionId);
  sessions_.entries[1].id = doubles::uuid();
  const Response response = answer_user("GET", "/auth/sessions");
  EXPECT_EQ(response.status, 200);
  const auto other = response.body.find("\"current\":false");
  const auto own = response.body.find("\"current\":true");
  EXPECT_NE(own, std::string::npos);
  EXPECT_LT(other, own);
}

TEST_F(EndpointsTest, RevokesASession) {
  const std::string path = "/auth/sessions/" + std::string(doubles::kOtherSessionId);
  EXPECT_EQ(answer_user("DELETE", path).status, 204);
  EXPECT_EQ(sessions_.revoke_target, doubles::uuid(doubles::kOtherSessionId));
  sessions_.revoke_answer = db::RevokeOutcome::kNotFound;
  const Response missing = answer_user("DELETE", path);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(code_of(missing), "NOT_FOUND");
}

// ---- verify

TEST_F(EndpointsTest, VerifiesByTheTokenAlone) {
  accounts_.standing = db::Standing::kEnded;
  const Response response = answer_user("GET", "/auth/verify");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(header_of(response, "X-User-Id"), "42");
  EXPECT_EQ(header_of(response, "X-Session-Id"), doubles::kSessionId);
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(accounts_.lookups, 0);
}

// A misspelt value must not turn the look-up off.
TEST_F(EndpointsTest, VerifyRefusesAnotherKindOfCheck) {
  Request request = make("GET", "/auth/verify", "");
  request.authorization = "Bearer " + pair_.access_token;
  for (const char* const query : {"check=Session", "check=", "check", "Check=user"}) {
    request.query = query;
    const Response response = answer_request(request);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(code_of(response), "VALIDATION_ERROR") << query;
  }
  EXPECT_EQ(accounts_.lookups, 0);
}

TEST_F(EndpointsTest, VerifiesTheSessionTooIfAsked) {
  Request request = make("GET", "/auth/verify", "");
  request.authorization = "Bearer " + pair_.access_token;
  request.query = "check=session";
  EXPECT_EQ(answer_request(request).status, 204);
  EXPECT_EQ(accounts_.lookups, 1);
  accounts_.standing = db::Standing::kEnded;
  const Response ended = answer_request(request);
  EXPECT_EQ(ended.status, 401);
  EXPECT_EQ(code_of(ended), "TOKEN_REVOKED");
  EXPECT_EQ(header_of(ended, "X-User-Id"), "");
}

// ---- the account

TEST_F(EndpointsTest, ShowsTheUser) {
  const Response response = answer_user("GET", "/users/me");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(base::parse_json_object(response.body).find_string("username"), "ada");
  accounts_.standing = db::Standing::kInactive;
  const Response inactive = answer_user("GET", "/users/me");
  EXPECT_EQ(inactive.status, 403);
  EXPECT_EQ(code_of(inactive), "USER_INACTIVE");
}

TEST_F(EndpointsTest, ChangesNamesByPutAndPatch) {
  for (const char* const method : {"PUT", "PATCH"}) {
    accounts_.last_change.reset();
    EXPECT_EQ(answer_user(method, "/users/me", R"({"username":"ada2"})").status, 200);
    ASSERT_TRUE(accounts_.last_change) << method;
    EXPECT_EQ(accounts_.last_change->username, "ada2");
    EXPECT_EQ(accounts_.last_change->email, std::nullopt);
  }
  accounts_.update_outcome = db::UpdateOutcome::kEmailTaken;
  EXPECT_EQ(answer_user("PATCH", "/users/me", R"({"email":"b@c.de"})").status, 409);
  EXPECT_EQ(answer_user("PATCH", "/users/me", "{}").status, 400);
}

TEST_F(EndpointsTest, GivesTheAccountUp) {
  EXPECT_EQ(answer_user("DELETE", "/users/me").status, 204);
  EXPECT_EQ(accounts_.deactivated->user_id, 42);
}

TEST_F(EndpointsTest, ChangesThePassword) {
  const std::string body =
      R"({"current_password":"correct horse","new_password":"battery staple"})";
  EXPECT_EQ(answer_user("PUT", "/users/me/password", body).status, 204);
  EXPECT_EQ(accounts_.last_new_hash, FakeHasher::hash_of("battery staple"));
  EXPECT_EQ(code_of(answer_user("PUT", "/users/me/password", "{}")), "VALIDATION_ERROR");
}

}  // namespace
}  // namespace latchkey::api
