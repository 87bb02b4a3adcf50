// SPDX-License-Identifier: Apache-2.0
#include "service/tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "crypto/base64url.h"
#include "service/claims.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;

constexpr std::string_view kAccess = "access";
constexpr std::string_view kRefresh = "refresh";
constexpr std::size_t kTokenIdBytes = 16;

// A refresh token's jti: "<session id>.<counter>".
std::string refresh_token_id(const db::Session& session) {
  return session.id.text() + '.' + std::to_string(session.counter);
}

std::optional<std::int32_t> counter_of(const Claims& claims) {
  const std::string prefix = claims.caller.session_id.text() + '.';
  if (!claims.token_id.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = std::string_view(claims.token_id).substr(prefix.size());
  std::int32_t counter = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), counter);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  // One spelling only: no sign, no leading zeros.
  if (!is_whole || counter < 0 || std::to_string(counter) != digits) return std::nullopt;
  return counter;
}

// The claims of a token of this type that we issued and that has begun, whether or not it is over.
std::optional<Claims> verified_claims(const crypto::Keys& keys, std::string_view issuer,
                                      std::string_view type, std::string_view token,
                                      std::int64_t now_s) {
  const crypto::JwsVerdict verdict = keys.verify(token);
  if (verdict.outcome != crypto::JwsOutcome::kOk) return std::nullopt;
  auto claims = read_claims(verdict.payload);
  if (!claims || claims->issuer != issuer || claims->type != type) return std::nullopt;
  if (claims->not_before_s > now_s) return std::nullopt;
  return claims;
}

}  // namespace

Tokens::Tokens(const crypto::Keys& keys, TokenOptions options, const base::Clock& clock,
               base::Random& random)
    : keys_(keys), options_(std::move(options)), clock_(clock), random_(random) {}

TokenPair Tokens::issue(const db::Grant& grant) {
  const std::int64_t now_ms = clock_.wall_ms();
  const std::int64_t now_s = now_ms / 1000;
  const std::int64_t session_ends_s = grant.session.expires_at_ms / 1000;
  // It counts by itself for as long, so it must not be good for longer than its session.
  const std::int64_t access_ends_s = std::min(now_s + options_.access_ttl_s, session_ends_s);
  // The database made the refresh token a moment ago, mostly within the same second but not always:
  // a new one is good for the whole lifetime.
  constexpr std::int64_t kMomentMs = 1000;
  const std::int64_t rotated_ms = grant.session.rotated_at_ms;
  const bool is_new = rotated_ms <= now_ms && now_ms - rotated_ms < kMomentMs;
  const std::int64_t issued_s = is_new ? rotated_ms / 1000 : now_s;
  return {
      .access_token = sign_access(grant, now_ms, access_ends_s),
      .refresh_token = sign_refresh(grant),
      .access_expires_in_s = access_ends_s - now_s,
      .refresh_expires_in_s = session_ends_s - issued_s,
  };
}

std::string Tokens::sign_access(const db::Grant& grant, std::int64_t now_ms,
                                std::int64_t expires_at_s) {
  std::array<std::byte, kTokenIdBytes> token_id{};
  random_.fill(token_id);
  const std::string_view bytes(reinterpret_cast<const char*>(token_id.data()), token_id.size());
  const std::string claims = write_claims({
      .issuer = options_.issuer,
      .caller = {grant.session.id, grant.user.id},
      .token_id = crypto::base64url_encode(bytes),
      .issued_at_s = now_ms / 1000,
      .expires_at_s = expires_at_s,
      .type = std::string(kAccess),
  });
  return keys_.sign(claims, now_ms);
}

std::string Tokens::sign_refresh(const db::Grant& grant) const {
  const std::string claims = write_claims({
      .issuer = options_.issuer,
      .caller = {grant.session.id, grant.user.id},
      .token_id = refresh_token_id(grant.session),
      .issued_at_s = grant.session.rotated_at_ms / 1000,
      .expires_at_s = grant.session.expires_at_ms / 1000,
      .type = std::string(kRefresh),
  });
  return keys_.sign(claims, grant.session.rotated_at_ms);
}

AccessResult Tokens::read_access(std::string_view token) const {
  const std::int64_t now_s = clock_.wall_ms() / 1000;
  const auto claims = verified_claims(keys_, options_.issuer, kAccess, token, now_s);
  if (!claims) return ErrorCode::kTokenInvalid;
  if (claims->expires_at_s <= now_s) return ErrorCode::kTokenExpired;
  return AccessClaims{claims->caller, claims->issued_at_s};
}

RefreshResult Tokens::read_refresh(std::string_view token) const {
  const std::int64_t now_s = clock_.wall_ms() / 1000;
  const auto claims = verified_claims(keys_, options_.issuer, kRefresh, token, now_s);
  if (!claims) return ErrorCode::kTokenInvalid;
  const auto counter = counter_of(*claims);
  if (!counter) return ErrorCode::kTokenInvalid;
  return RefreshClaims{claims->caller, *counter, claims->expires_at_s <= now_s};
}

}  // namespace latchkey::service
