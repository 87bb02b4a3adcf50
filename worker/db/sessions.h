// SPDX-License-Identifier: Apache-2.0
#pragma once

// The life of sessions after login: refresh, logout, listing, revoking. One call each.
//
// Outcomes are values; base::Error means that the database could not be asked or is broken
// (database.h).
//
// Runs in api workers.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "db/database.h"
#include "db/records.h"
#include "shm/doubts.h"

namespace latchkey::db {

struct RefreshRequest {
  Caller caller;
  std::int32_t counter = 0;
  std::int32_t leeway_ms = 0;  // 0: a used token is never taken again
  std::int32_t session_ttl_s = 0;
};

enum class RefreshOutcome {
  kRotated,
  kRepeated,  // the token just used, within the leeway: the session's current state, unchanged
  kReused,    // a token used before: the session has been revoked by this call
  kRevoked,
  kExpired,
  kInactive,
  kUnknown,
};

struct Refresh {
  RefreshOutcome outcome;
  std::optional<Grant> grant;  // of kRotated and kRepeated
};

// A refresh whose answer was lost is settled by looking at the session, within the same deadline.
// It stays kDatabaseUnavailable when that cannot be done or says nothing: then the token may have
// been used up, and the doubt is remembered. When the client presents that token again, the session
// row settles it: a rotation since the lost call began is repeated, whatever the leeway is.

struct SessionEntry {
  base::Uuid id;
  std::int64_t created_at_ms = 0;
  std::int64_t last_used_at_ms = 0;
  std::int64_t expires_at_ms = 0;
  std::string ip;
  std::string user_agent;
};

struct SessionList {
  Standing standing;
  std::vector<SessionEntry> entries;  // newest first
};

enum class RevokeOutcome { kRevoked, kNotFound, kEnded, kInactive };

class Sessions {
 public:
  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;
  virtual ~Sessions() = default;

  virtual Refresh refresh(const RefreshRequest& request, const Origin& origin) = 0;
  // Ends the session if it still lives: either way it is over afterwards.
  virtual void log_out(const Caller& caller, const Origin& origin) = 0;
  virtual Standing log_out_everywhere(const Caller& caller, const Origin& origin) = 0;
  virtual SessionList list(const Caller& caller) = 0;
  virtual RevokeOutcome revoke(const Caller& caller, const base::Uuid& target,
                               const Origin& origin) = 0;
};

class PgSessions final : public Sessions {
 public:
  // Both outlive it.
  PgSessions(Database& database, shm::Doubts& doubts) : database_(database), doubts_(doubts) {}

  Refresh refresh(const RefreshRequest& request, const Origin& origin) override;
  void log_out(const Caller& caller, const Origin& origin) override;
  Standing log_out_everywhere(const Caller& caller, const Origin& origin) override;
  SessionList list(const Caller& caller) override;
  RevokeOutcome revoke(const Caller& caller, const base::Uuid& target,
                       const Origin& origin) override;

 private:
  std::optional<Refresh> settle(const RefreshRequest& request, const Origin& origin,
                                const OutcomeUnknown& doubt);

  Database& database_;
  shm::Doubts& doubts_;
};

}  // namespace latchkey::db
