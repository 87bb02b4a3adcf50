// SPDX-License-Identifier: Apache-2.0
#include "api/bearer_guard.h"

#include <string>

#include <gtest/gtest.h>

#include "crypto/jws.h"
#include "doubles/fake_clock.h"
#include "doubles/fake_random.h"
#include "doubles/records.h"
#include "doubles/thrown_error.h"

namespace latchkey::api {
namespace {

using base::ErrorCode;

class BearerGuardTest : public ::testing::Test {
 protected:
  BearerGuardTest() {
    keys_.add(*crypto::find_jws_algorithm("HS256"),
              base::Secret(std::string_view("0123456789abcdef0123456789abcdef")));
    pair_ = tokens_.issue(doubles::grant());
  }

  ErrorCode fault_of(const std::string& authorization) {
    http::Request request;
    request.authorization = authorization;
    http::Exchange exchange{request, {}, std::nullopt, 0};
    const base::Error error = doubles::thrown_by([&] { require_bearer(tokens_, exchange); });
    EXPECT_FALSE(exchange.identity) << authorization;
    EXPECT_EQ(exchange.user_id, 0) << authorization;
    return error.code();
  }

  crypto::KeyRing keys_{*crypto::find_jws_algorithm("HS256")};
  doubles::FakeClock clock_;
  doubles::FakeRandom random_;
  service::Tokens tokens_{keys_, {.issuer = "latchkey", .access_ttl_s = 1800}, clock_, random_};
  service::TokenPair pair_;
};

TEST_F(BearerGuardTest, SaysWhoAsks) {
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer   "}) {
    http::Request request;
    request.authorization = scheme + pair_.access_token;
    http::Exchange exchange{request, {}, std::nullopt, 0};
    require_bearer(tokens_, exchange);
    ASSERT_TRUE(exchange.identity) << scheme;
    EXPECT_EQ(exchange.identity->user_id, 42);
    EXPECT_EQ(exchange.identity->session_id, doubles::uuid());
    EXPECT_EQ(exchange.user_id, 42);
  }
}

TEST_F(BearerGuardTest, WithoutABearerTokenNobodyIsAuthenticated) {
  for (const std::string& authorization :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Bearer    "),
        std::string("Basic YTpi"), std::string("Bearerx y"), "Bearer\t" + pair_.access_token,
        " Bearer " + pair_.access_token, pair_.access_token}) {
    EXPECT_EQ(fault_of(authorization), ErrorCode::kNotAuthenticated) << authorization;
  }
}

TEST_F(BearerGuardTest, ATokenThatIsNotAnAccessTokenIsInvalid) {
  EXPECT_EQ(fault_of("Bearer x"), ErrorCode::kTokenInvalid);
  EXPECT_EQ(fault_of("Bearer " + pair_.refresh_token), ErrorCode::kTokenInvalid);
  EXPECT_EQ(fault_of("Bearer " + pair_.access_token + " "), ErrorCode::kTokenInvalid);
  EXPECT_EQ(fault_of("Bearer " + pair_.access_token + ", Basic YTpi"), ErrorCode::kTokenInvalid);
}

TEST_F(BearerGuardTest, ATokenThatIsOverIsExpired) {
  clock_.advance_ms(1'800'000);
  EXPECT_EQ(fault_of("Bearer " + pair_.access_token), ErrorCode::kTokenExpired);
}

}  // namespace
}  // namespace latchkey::api
