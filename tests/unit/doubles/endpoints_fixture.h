// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every route from the request to the response: the real pipeline, routes, endpoints, services and
// tokens over databases and a hasher that the test speaks for.

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "api/bearer_guard.h"
#include "api/endpoints.h"
#include "api/routes.h"
#include "base/json_reader.h"
#include "crypto/jws.h"
#include "doubles/captured_log.h"
#include "doubles/fake_accounts.h"
#include "doubles/fake_clock.h"
#include "doubles/fake_events.h"
#include "doubles/fake_hasher.h"
#include "doubles/fake_health.h"
#include "doubles/fake_logins.h"
#include "doubles/fake_random.h"
#include "doubles/fake_sessions.h"
#include "doubles/watched_revocations.h"
#include "http/headers.h"
#include "http/pipeline.h"
#include "shm/segment.h"

namespace latchkey::api {

using doubles::FakeHasher;
using http::header_of;
using http::Request;
using http::Response;

inline constexpr const char* kPassword = "correct horse";

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
  Response answer_user(std::string_view method, std::string_view path, std::string_view body = {}) {
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
  doubles::FakeEvents events_;
  shm::Segment segment_ = shm::Segment::make_private();
  doubles::WatchedRevocations revocations_;
  service::TokenPair pair_;

 private:
  base::CostMeter meter_{clock_};
  crypto::KeyRing keys_{*crypto::find_jws_algorithm("HS256")};
  service::Tokens tokens_{keys_, {.issuer = "latchkey", .access_ttl_s = 1800}, clock_, random_};
  service::PasswordPolicy policy_{service::PasswordPolicyKind::kLength, 8, 72};
  service::Authentication authentication_{{.logins = logins_,
                                           .hasher = hasher_,
                                           .policy = policy_,
                                           .random = random_,
                                           .clock = clock_,
                                           .events = events_,
                                           .session_ttl_s = 604'800}};
  service::SessionService session_service_{sessions_,
                                           tokens_,
                                           revocations_.watch,
                                           events_,
                                           {.ttl_s = 604'800, .reuse_leeway_ms = 10'000}};
  service::AccountService account_service_{accounts_, hasher_, policy_, revocations_.watch,
                                           events_};
  shm::Breaker breaker_{segment_.layout().database_breaker, {}, clock_};
  Endpoints endpoints_{
      authentication_, session_service_, account_service_,  tokens_,  keys_,  revocations_.watch,
      health_,         clock_,           segment_.layout(), breaker_, "1.2.3"};
  http::Pipeline pipeline_{
      {.router = http::Router(routes()),
       .cors = http::Cors({}),
       .bearer_guard = [this](http::Exchange& exchange) { require_bearer(tokens_, exchange); },
       .handler_context = &endpoints_},
      clock_,
      random_,
      meter_};
};

}  // namespace latchkey::api
