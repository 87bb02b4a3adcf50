// SPDX-License-Identifier: Apache-2.0
#include "service/tokens.h"

#include <string>

#include <gtest/gtest.h>

#include "crypto/base64url.h"
#include "doubles/fake_clock.h"
#include "doubles/fake_random.h"
#include "doubles/records.h"
#include "service/claims.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;

constexpr std::int64_t kNowS = 1'771'497'045;
constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";

class TokensTest : public ::testing::Test {
 protected:
  TokensTest() { add_key(keys_); }

  static void add_key(crypto::KeyRing& ring, std::string_view secret = kSecret) {
    ring.add(*crypto::find_jws_algorithm("HS256"), base::Secret(secret));
  }

  ErrorCode access_fault(std::string_view token) {
    const auto result = tokens_.read_access(token);
    EXPECT_TRUE(std::holds_alternative<ErrorCode>(result)) << token;
    const auto* const code = std::get_if<ErrorCode>(&result);
    return code == nullptr ? ErrorCode::kInternalError : *code;
  }
  bool access_is_read(std::string_view token) {
    return std::holds_alternative<AccessClaims>(tokens_.read_access(token));
  }
  bool refresh_is_read(std::string_view token) {
    return std::holds_alternative<RefreshClaims>(tokens_.read_refresh(token));
  }

  // An access token as issued, for tests to change.
  static Claims access_claims() {
    return {.issuer = "latchkey",
            .caller = doubles::caller(),
            .token_id = "any",
            .issued_at_s = kNowS,
            .expires_at_s = kNowS + 1800,
            .type = "access"};
  }
  static Claims refresh_claims(std::string_view token_id) {
    Claims claims = access_claims();
    claims.type = "refresh";
    claims.token_id = token_id;
    return claims;
  }
  std::string sign(const Claims& claims) {
    return keys_.sign(write_claims(claims), clock_.wall_ms());
  }

  crypto::KeyRing keys_{*crypto::find_jws_algorithm("HS256")};
  doubles::FakeClock clock_;
  doubles::FakeRandom random_;
  Tokens tokens_{keys_, {.issuer = "latchkey", .access_ttl_s = 1800}, clock_, random_};
};

TEST_F(TokensTest, APairComesBackAsItsCaller) {
  const TokenPair pair = tokens_.issue(doubles::grant());
  EXPECT_EQ(pair.access_expires_in_s, 1800);
  EXPECT_EQ(pair.refresh_expires_in_s, 604'800);

  const auto access = tokens_.read_access(pair.access_token);
  ASSERT_TRUE(std::holds_alternative<AccessClaims>(access));
  EXPECT_EQ(std::get<AccessClaims>(access).caller.user_id, 42);
  EXPECT_EQ(std::get<AccessClaims>(access).caller.session_id, doubles::uuid());
  EXPECT_EQ(std::get<AccessClaims>(access).issued_at_s, clock_.wall_ms() / 1000);

  const auto refresh = tokens_.read_refresh(pair.refresh_token);
  ASSERT_TRUE(std::holds_alternative<RefreshClaims>(refresh));
  const auto& claims = std::get<RefreshClaims>(refresh);
  EXPECT_EQ(claims.caller.user_id, 42);
  EXPECT_EQ(claims.caller.session_id, doubles::uuid());
  EXPECT_EQ(claims.counter, 3);
  EXPECT_FALSE(claims.is_expired);
}

TEST_F(TokensTest, ANewRefreshTokenIsGoodForItsWholeLifetime) {
  // The database was asked just before a second was over.
  clock_.advance_ms(999);
  EXPECT_EQ(tokens_.issue(doubles::grant()).refresh_expires_in_s, 604'800);
  // One that is told once more is older.
  clock_.advance_ms(5000);
  EXPECT_EQ(tokens_.issue(doubles::grant()).refresh_expires_in_s, 604'794);
}

TEST_F(TokensTest, TheClaimsAreThoseOfTheContract) {
  const TokenPair pair = tokens_.issue(doubles::grant());
  EXPECT_EQ(keys_.verify(pair.refresh_token).payload,
            R"({"iss":"latchkey","sub":"42","sid":"0f0e0d0c-0b0a-4908-8706-050403020100",)"
            R"("jti":"0f0e0d0c-0b0a-4908-8706-050403020100.3",)"
            R"("iat":1771497045,"exp":1772101845,"type":"refresh"})");
  const auto access = read_claims(keys_.verify(pair.access_token).payload);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->issuer, "latchkey");
  EXPECT_EQ(access->type, "access");
  EXPECT_EQ(access->issued_at_s, kNowS);
  EXPECT_EQ(access->expires_at_s, kNowS + 1800);
  EXPECT_EQ(crypto::base64url_decode(access->token_id)->size(), 16U);
}

// GET /auth/verify believes it by its times alone, and the session has a lifetime of its own.
TEST_F(TokensTest, AnAccessTokenDoesNotOutliveItsSession) {
  db::Grant grant = doubles::grant();
  grant.session.expires_at_ms = (kNowS + 600) * 1000 + 999;
  const TokenPair pair = tokens_.issue(grant);
  EXPECT_EQ(pair.access_expires_in_s, 600);
  EXPECT_EQ(pair.refresh_expires_in_s, 600);
  EXPECT_EQ(read_claims(keys_.verify(pair.access_token).payload)->expires_at_s, kNowS + 600);
}

// Two tabs that refresh at once get the same refresh token, whichever worker answers and when.
TEST_F(TokensTest, ARefreshTokenIsAFunctionOfItsSession) {
  const std::string first = tokens_.issue(doubles::grant()).refresh_token;
  clock_.advance_ms(7'000);
  crypto::KeyRing other_keys{*crypto::find_jws_algorithm("HS256")};
  add_key(other_keys);
  doubles::FakeRandom other_random;
  Tokens other(other_keys, {.issuer = "latchkey", .access_ttl_s = 1800}, clock_, other_random);
  EXPECT_EQ(other.issue(doubles::grant()).refresh_token, first);

  db::Grant rotated = doubles::grant();
  ++rotated.session.counter;
  EXPECT_NE(tokens_.issue(rotated).refresh_token, first);
}

// One tab refreshes just before a new key begins to sign, the other just after.
TEST_F(TokensTest, ARotationOfKeysLeavesARefreshTokenAsItIs) {
  const std::string before = tokens_.issue(doubles::grant()).refresh_token;
  const crypto::JwsAlgorithm& hs256 = *crypto::find_jws_algorithm("HS256");
  keys_.add(hs256, base::Secret(std::string_view("another key of thirty-two bytes!")),
            doubles::grant().session.rotated_at_ms + 1);
  clock_.advance_ms(7'000);
  const TokenPair after = tokens_.issue(doubles::grant());
  EXPECT_EQ(after.refresh_token, before);
  EXPECT_EQ(after.access_token.find(before.substr(0, before.find('.'))), std::string::npos)
      << "the access token is new, and by the new key";
  db::Grant rotated = doubles::grant();
  ++rotated.session.rotated_at_ms;
  EXPECT_NE(tokens_.issue(rotated).refresh_token, before);
}

TEST_F(TokensTest, NoTwoAccessTokensAreTheSame) {
  EXPECT_NE(tokens_.issue(doubles::grant()).access_token,
            tokens_.issue(doubles::grant()).access_token);
}

TEST_F(TokensTest, AnAccessTokenEndsAtItsSecond) {
  const std::string token = sign(access_claims());
  clock_.set_wall_ms((kNowS + 1800) * 1000 - 1);
  EXPECT_TRUE(access_is_read(token));
  clock_.set_wall_ms((kNowS + 1800) * 1000);
  EXPECT_EQ(access_fault(token), ErrorCode::kTokenExpired);
}

TEST_F(TokensTest, AnExpiredRefreshTokenIsStillRead) {
  const std::string token = tokens_.issue(doubles::grant()).refresh_token;
  const std::int64_t end_ms = doubles::session().expires_at_ms / 1000 * 1000;
  clock_.set_wall_ms(end_ms - 1);
  EXPECT_FALSE(std::get<RefreshClaims>(tokens_.read_refresh(token)).is_expired);
  clock_.set_wall_ms(end_ms);
  EXPECT_TRUE(std::get<RefreshClaims>(tokens_.read_refresh(token)).is_expired);
}

TEST_F(TokensTest, ATokenOfTheOtherTypeDoesNotCount) {
  const TokenPair pair = tokens_.issue(doubles::grant());
  EXPECT_EQ(access_fault(pair.refresh_token), ErrorCode::kTokenInvalid);
  EXPECT_FALSE(refresh_is_read(pair.access_token));
  Claims claims = access_claims();
  claims.type = "Access";
  EXPECT_EQ(access_fault(sign(claims)), ErrorCode::kTokenInvalid);
}

TEST_F(TokensTest, ATokenOfAnotherIssuerDoesNotCount) {
  Claims claims = access_claims();
  for (const std::string_view issuer : {"", "Latchkey", "latchkey2"}) {
    claims.issuer = issuer;
    EXPECT_EQ(access_fault(sign(claims)), ErrorCode::kTokenInvalid) << issuer;
  }
}

TEST_F(TokensTest, WhetherATokenIsExpiredIsToldOnlyIfItIsOurs) {
  Claims claims = access_claims();
  claims.expires_at_s = kNowS - 1;
  claims.issuer = "other";
  EXPECT_EQ(access_fault(sign(claims)), ErrorCode::kTokenInvalid);
}

TEST_F(TokensTest, ATokenOfTheFutureDoesNotCountYet) {
  const auto with_nbf = [this](std::int64_t nbf) {
    std::string payload = write_claims(access_claims());
    payload.insert(payload.size() - 1, ",\"nbf\":" + std::to_string(nbf));
    return keys_.sign(payload, clock_.wall_ms());
  };
  EXPECT_TRUE(access_is_read(with_nbf(kNowS)));
  EXPECT_EQ(access_fault(with_nbf(kNowS + 1)), ErrorCode::kTokenInvalid);
}

TEST_F(TokensTest, ATokenOfAnotherKeyDoesNotCount) {
  crypto::KeyRing other{*crypto::find_jws_algorithm("HS256")};
  add_key(other, "another key of thirty-two bytes!");
  EXPECT_EQ(access_fault(other.sign(write_claims(access_claims()), clock_.wall_ms())),
            ErrorCode::kTokenInvalid);
}

TEST_F(TokensTest, WhatIsNoTokenDoesNotCount) {
  const std::string token = sign(access_claims());
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("a.b.c"), token + "x",
        token.substr(1), token.substr(0, token.rfind('.') + 1),
        keys_.sign("[]", clock_.wall_ms())}) {
    EXPECT_EQ(access_fault(text), ErrorCode::kTokenInvalid) << text;
    EXPECT_FALSE(refresh_is_read(text)) << text;
  }
}

TEST_F(TokensTest, ARefreshTokenNamesItsSessionAndCounter) {
  const std::string sid = doubles::kSessionId;
  for (const std::string& token_id :
       {sid, sid + ".", sid + ".x", sid + ".1x", sid + ".-1", sid + ".+1", sid + ". 1", sid + ".-0",
        sid + ".01", sid + ".2147483648", sid + "-1", std::string(doubles::kOtherSessionId) + ".1",
        std::string("1")}) {
    EXPECT_FALSE(refresh_is_read(sign(refresh_claims(token_id)))) << token_id;
  }
  EXPECT_TRUE(refresh_is_read(sign(refresh_claims(sid + ".0"))));
  EXPECT_TRUE(refresh_is_read(sign(refresh_claims(sid + ".2147483647"))));
}

}  // namespace
}  // namespace latchkey::service
