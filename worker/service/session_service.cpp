// SPDX-License-Identifier: Apache-2.0
#include "service/session_service.h"

#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "service/standing.h"

namespace latchkey::service {
namespace {

using base::Error;
using base::ErrorCode;

const base::Logger& logger() {
  static const base::Logger instance("latchkey.sessions");
  return instance;
}

base::Event event_of(db::RefreshOutcome outcome) {
  switch (outcome) {
    case db::RefreshOutcome::kRotated:
      return base::Event::kRefreshRotated;
    case db::RefreshOutcome::kRepeated:
      return base::Event::kRefreshRepeated;
    case db::RefreshOutcome::kReused:
      return base::Event::kRefreshReused;
    default:
      return base::Event::kRefreshRefused;
  }
}

bool has_ended(db::RefreshOutcome outcome) {
  return outcome == db::RefreshOutcome::kReused || outcome == db::RefreshOutcome::kRevoked;
}

[[noreturn]] void refuse(db::RefreshOutcome outcome, const RefreshClaims& claims) {
  switch (outcome) {
    case db::RefreshOutcome::kReused:
      logger().warning("a used refresh token was presented again: the session is revoked",
                       {{"user_id", claims.caller.user_id}});
      throw Error(ErrorCode::kTokenRevoked);
    case db::RefreshOutcome::kRevoked:
      throw Error(ErrorCode::kTokenRevoked);
    case db::RefreshOutcome::kExpired:
      throw Error(ErrorCode::kTokenExpired);
    case db::RefreshOutcome::kInactive:
      throw Error(ErrorCode::kUserInactive);
    case db::RefreshOutcome::kUnknown:
      // Signed by us, but of a session that has been purged or of another database.
      throw Error(ErrorCode::kTokenRevoked);
    case db::RefreshOutcome::kRotated:
    case db::RefreshOutcome::kRepeated:
      break;
  }
  throw Error(ErrorCode::kInternalError).because("a granted refresh without a grant");
}

}  // namespace

RefreshClaims SessionService::read(std::string_view refresh_token) const {
  const RefreshResult result = tokens_.read_refresh(refresh_token);
  if (const auto* const code = std::get_if<ErrorCode>(&result)) throw Error(*code);
  return std::get<RefreshClaims>(result);
}

db::Grant SessionService::refresh(std::string_view refresh_token, const db::Origin& origin,
                                  std::int64_t waited_ms) {
  const RefreshClaims claims = read(refresh_token);
  if (claims.is_expired) throw Error(ErrorCode::kTokenExpired);
  const auto leeway_ms = static_cast<std::int32_t>(policy_.reuse_leeway_ms + waited_ms);
  db::Refresh refresh = sessions_.refresh({.caller = claims.caller,
                                           .counter = claims.counter,
                                           .leeway_ms = policy_.reuse_leeway_ms > 0 ? leeway_ms : 0,
                                           .session_ttl_s = policy_.ttl_s},
                                          origin);
  events_.count(event_of(refresh.outcome));
  if (has_ended(refresh.outcome)) revocations_.ended(claims.caller.session_id);
  if (!refresh.grant) refuse(refresh.outcome, claims);
  return std::move(*refresh.grant);
}

void SessionService::log_out(std::string_view refresh_token, const db::Origin& origin) {
  const RefreshClaims claims = read(refresh_token);
  sessions_.log_out(claims.caller, origin);
  revocations_.ended(claims.caller.session_id);
}

void SessionService::log_out_everywhere(const db::Caller& caller, const db::Origin& origin) {
  require_live(sessions_.log_out_everywhere(caller, origin));
  revocations_.ended_unlisted();
}

std::vector<db::SessionEntry> SessionService::list(const db::Caller& caller) {
  db::SessionList list = sessions_.list(caller);
  require_live(list.standing);
  return std::move(list.entries);
}

void SessionService::revoke(const db::Caller& caller, std::string_view target,
                            const db::Origin& origin) {
  // One answer for every name that is not a live session of the caller's, but only a live caller
  // gets it: the nil UUID asks for nothing but the caller's standing.
  const base::Uuid session_id = base::Uuid::parse(target).value_or(base::Uuid());
  switch (sessions_.revoke(caller, session_id, origin)) {
    case db::RevokeOutcome::kRevoked:
      revocations_.ended(session_id);
      return;
    case db::RevokeOutcome::kNotFound:
      throw Error(ErrorCode::kNotFound, "The caller has no such session");
    case db::RevokeOutcome::kEnded:
      throw Error(ErrorCode::kTokenRevoked);
    case db::RevokeOutcome::kInactive:
      throw Error(ErrorCode::kUserInactive);
  }
}

}  // namespace latchkey::service
