// SPDX-License-Identifier: Apache-2.0
#pragma once

// The life of a session after login: refresh, logout, listing, revoking.
//
// Runs in api workers. Failures are base::Error: kTokenInvalid, kTokenExpired and kTokenRevoked
// for the token or session that was presented, kUserInactive, kNotFound.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "db/sessions.h"
#include "service/revocation_watch.h"
#include "service/tokens.h"

namespace latchkey::service {

struct SessionPolicy {
  std::int32_t ttl_s = 0;
  std::int32_t reuse_leeway_ms = 0;
};

class SessionService {
 public:
  SessionService(db::Sessions& sessions, const Tokens& tokens, RevocationWatch& revocations,
                 base::EventSink& events, SessionPolicy policy)
      : sessions_(sessions),
        tokens_(tokens),
        revocations_(revocations),
        events_(events),
        policy_(policy) {}

  // Uses the token up, or repeats the answer within the leeway (docs/api.md, "Tokens"). The token
  // was presented `waited_ms` ago, and that is the moment that counts: whoever sends it again in
  // time is no thief, however long he had to wait here, or nginx, which does so when a worker dies.
  db::Grant refresh(std::string_view refresh_token, const db::Origin& origin,
                    std::int64_t waited_ms);
  // Idempotent: a token that has expired, or whose session is over, is logged out already.
  void log_out(std::string_view refresh_token, const db::Origin& origin);
  void log_out_everywhere(const db::Caller& caller, const db::Origin& origin);
  std::vector<db::SessionEntry> list(const db::Caller& caller);
  // `target` is what the client named: text that is no session id names no session.
  void revoke(const db::Caller& caller, std::string_view target, const db::Origin& origin);

 private:
  [[nodiscard]] RefreshClaims read(std::string_view refresh_token) const;

  db::Sessions& sessions_;
  const Tokens& tokens_;
  RevocationWatch& revocations_;
  base::EventSink& events_;
  SessionPolicy policy_;
};

}  // namespace latchkey::service
