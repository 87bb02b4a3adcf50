// SPDX-License-Identifier: Apache-2.0
//
// Every route from the request to the response: the real pipeline, routes, endpoints, services and
// tokens over databases and a hasher that the test speaks for.
#include "api/endpoints.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "api/bearer_guard.h"
#include "api/routes.h"
#include "base/json_reader.h"
#include "crypto/jws.h"
#include "doubles/captured_log.h"
#include "doubles/fake_accounts.h"
#include "doubles/fake_clock.h"
#include "doubles/fake_hasher.h"
#include "doubles/fake_health.h"
#include "doubles/fake_logins.h"
#include "doubles/fake_random.h"
#include "doubles/fake_sessions.h"
#include "http/headers.h"
#include "http/pipeline.h"

namespace latchkey::api {
namespace {

using doubles::FakeHasher;
using http::header_of;
using http::Request;
using http::Response;

constexpr const char* kPassword = "correct horse";

class EndpointsTest : public ::testing::Test {
 protected:
  EndpointsTest() {
    keys_.add(*crypto::find_jws_algorithm("HS256"),
              base::Secret(std::string_view("0123456789abcdef0123456789abcdef")));
    pair_ = tokens_.issue(doubles::grant());
    logins_.credential = db::Credential{42, FakeHasher::hash_of(kPassword), true};
    accounts_.password_hash = FakeHasher::hash_of(kPassword);
  }

  static Request make(std::string_view method, std::string_view path, std::string_view body) {
    Request request;
    request.method = method;
    request.path = path;
    request.request_id = "request-0001";
    request.client_ip = "192.0.2.1";
    request.user_agent = "test/1";
    request.body = base::Secret(body);
    request.content_length = body.size();
    if (!body.empty()) request.content_type = "application/json";
    return request;
  }

  Response answer_request(Request& request) { return pipeline_.answer(request); }
  Response answer(std::string_view method, std::string_view path, std::string_view body = {}) {
    Request request = make(method, path, body);
    return answer_request(request);
  }
  // The same as the user of the access token.
  Response answer_user(std::string_view method, std::string_view path,
                       std::string_view body = {}) {
    Request request = make(method, path, body);
    request.authorization = "Bearer " + pair_.access_token;
    return answer_request(request);
  }

  static std::string code_of(const Response& response) {
    return std::string(
        base::parse_json_object(response.body).find_string("error_code").value_or(""));
  }
  static void expect_tokens(const Response& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
    const base::JsonObject body = base::parse_json_object(response.body);
    EXPECT_TRUE(body.find_string("access_token"));
    EXPECT_TRUE(body.find_string("refresh_token"));
    EXPECT_EQ(body.find_string("token_type"), "bearer");
    EXPECT_EQ(body.find_integer("expires_in"), 1800);
    EXPECT_EQ(body.find_integer("refresh_expires_in"), 604'800);
    EXPECT_EQ(body.find("user")->kind, base::JsonKind::kObject);
  }

  doubles::FakeClock clock_;
  doubles::FakeRandom random_;
  doubles::FakeLogins logins_;
  doubles::FakeSessions sessions_;
  doubles::FakeAccounts accounts_;
  doubles::FakeHealth health_;
  FakeHasher hasher_;
  service::TokenPair pair_;

 private:
  base::CostMeter meter_{clock_};
  crypto::KeyRing keys_;
  service::Tokens tokens_{keys_, {.issuer = "latchkey", .access_ttl_s = 1800}, clock_, random_};
  service::PasswordPolicy policy_{service::PasswordPolicyKind::kLength, 8, 72};
  service::Authentication authentication_{{.logins = logins_,
                                           .hasher = hasher_,
                                           .policy = policy_,
                                           .random = random_,
                                           .session_ttl_s = 604'800}};
  service::SessionService session_service_{
      sessions_, tokens_, {.ttl_s = 604'800, .reuse_leeway_ms = 10'000}};
  service::AccountService account_service_{accounts_, hasher_, policy_};
  Endpoints endpoints_{authentication_, session_service_, account_service_, tokens_,
                       health_,         clock_,           "1.2.3"};
  http::Pipeline pipeline_{{.router = http::Router(routes()),
                            .cors = http::Cors({}),
                            .bearer_guard =
                                [this](http::Exchange& exchange) {
                                  authenticate(tokens_, exchange);
                                },
                            .handler_context = &endpoints_},
                           clock_,
                           random_,
                           meter_};
};

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
  for (const char* const fault : {R"("field":"email","code":"wrong_type")",
                                  R"("field":"username","code":"required")",
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
  expect_tokens(
      answer("POST", "/auth/login", R"({"username":"ada","password":"correct horse"})"), 200);
  expect_tokens(answer("POST", "/api/v1/auth/login",
                       R"({"email":"ada@example.com","password":"correct horse","more":1})"),
                200);
}

TEST_F(EndpointsTest, LogsInWithAForm) {
  Request request = make("POST", "/auth/login", "grant_type=password&username=ada&password="
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
  const std::string body = R"({"current_password":"correct horse","new_password":"battery staple"})";
  EXPECT_EQ(answer_user("PUT", "/users/me/password", body).status, 204);
  EXPECT_EQ(accounts_.last_new_hash, FakeHasher::hash_of("battery staple"));
  EXPECT_EQ(code_of(answer_user("PUT", "/users/me/password", "{}")), "VALIDATION_ERROR");
}

// ---- all routes

std::string concrete(std::string_view pattern) {
  std::string path(pattern);
  const auto at = path.find("{id}");
  if (at != std::string::npos) path.replace(at, 4, doubles::kOtherSessionId);
  return path;
}

TEST_F(EndpointsTest, NoGuardedRouteAnswersWithoutAToken) {
  for (const http::Route& route : routes()) {
    if (route.guard != http::Guard::kBearer) continue;
    const Response response = answer(route.method, concrete(route.path), "{}");
    EXPECT_EQ(response.status, 401) << route.method << " " << route.path;
    EXPECT_EQ(code_of(response), "NOT_AUTHENTICATED") << route.method << " " << route.path;
  }
}

TEST_F(EndpointsTest, EveryRouteWithABodyRefusesOneThatCannotBeRead) {
  for (const http::Route& route : routes()) {
    if (route.body == http::Body::kNone) continue;
    const std::string path = concrete(route.path);
    EXPECT_EQ(code_of(answer_user(route.method, path, "[]")), "INVALID_JSON") << path;
    Request request = make(route.method, path, "text");
    request.authorization = "Bearer " + pair_.access_token;
    request.content_type = "text/plain";
    EXPECT_EQ(code_of(answer_request(request)), "UNSUPPORTED_MEDIA_TYPE") << path;
  }
}

// What a handler answers is on the list that the documentation is held to.
TEST_F(EndpointsTest, NoRouteAnswersWithAnErrorThatIsNotOnItsList) {
  sessions_.standing = db::Standing::kEnded;
  accounts_.standing = db::Standing::kEnded;
  accounts_.update_outcome = db::UpdateOutcome::kEnded;
  sessions_.revoke_answer = db::RevokeOutcome::kEnded;
  for (const http::Route& route : routes()) {
    std::set<std::string> listed;
    for (const base::ErrorCode code : errors_of(route)) {
      listed.insert(std::string(base::row_of(code).name));
    }
    for (const std::string body : {"{}", "[]", R"({"username":"ada2","password":"wrong"})"}) {
      const Response response = answer_user(route.method, concrete(route.path), body);
      if (response.status < 400) continue;
      EXPECT_TRUE(listed.contains(code_of(response)))
          << route.method << " " << route.path << " " << code_of(response);
    }
  }
}

}  // namespace
}  // namespace latchkey::api
