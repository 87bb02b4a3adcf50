// SPDX-License-Identifier: Apache-2.0
#pragma once

// Access and refresh tokens: JSON Web Tokens (RFC 7519) over crypto/jws.
//
// Claims: iss, sub (the user id as text), sid (the session), jti, iat, exp (whole seconds), type.
// An access token's jti is random; it never outlives its session. A refresh token is a pure
// function of its session's row: its jti is the session and its counter, its times are the row's.
// So the session's current token can be handed out again byte for byte, without storing it, when
// two tabs refresh at once. The key that signs it is a function of the row too: the one that was to
// sign when the token came to be.
//
// Runs in workers. A token that does not pass is an answer, as an error code; nothing of a token
// may be logged.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/error_code.h"
#include "base/random.h"
#include "crypto/jws.h"
#include "db/records.h"

namespace latchkey::service {

struct TokenOptions {
  std::string issuer;
  std::int64_t access_ttl_s = 0;
};

// What a login or refresh gives the client, beside the user.
struct TokenPair {
  std::string access_token;
  std::string refresh_token;
  std::int64_t access_expires_in_s = 0;
  std::int64_t refresh_expires_in_s = 0;
};

struct RefreshClaims {
  db::Caller caller;
  std::int32_t counter = 0;
  bool is_expired = false;
};

struct AccessClaims {
  db::Caller caller;
  std::int64_t issued_at_s = 0;
};

// What became of a token: its content, or why it does not count (kTokenInvalid, kTokenExpired).
using AccessResult = std::variant<AccessClaims, base::ErrorCode>;
using RefreshResult = std::variant<RefreshClaims, base::ErrorCode>;

class Tokens {
 public:
  // All references outlive the object.
  Tokens(const crypto::Keys& keys, TokenOptions options, const base::Clock& clock,
         base::Random& random);

  [[nodiscard]] TokenPair issue(const db::Grant& grant);
  [[nodiscard]] AccessResult read_access(std::string_view token) const;
  // An expired refresh token is still read: logging out with one is no error.
  [[nodiscard]] RefreshResult read_refresh(std::string_view token) const;

 private:
  std::string sign_access(const db::Grant& grant, std::int64_t now_ms, std::int64_t expires_at_s);
  [[nodiscard]] std::string sign_refresh(const db::Grant& grant) const;

  const crypto::Keys& keys_;
  TokenOptions options_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace latchkey::service
