// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "db/sessions.h"
#include "doubles/records.h"

namespace latchkey::doubles {

// Answers what the test has set, and remembers what it was asked.
class FakeSessions final : public db::Sessions {
 public:
  db::Refresh refresh(const db::RefreshRequest& request, const db::Origin& origin) override {
    refresh_request = request;
    last_origin = origin;
    return refresh_answer;
  }
  void log_out(const db::Caller& caller, const db::Origin& origin) override {
    logged_out = caller;
    last_origin = origin;
  }
  db::Standing log_out_everywhere(const db::Caller& caller, const db::Origin& origin) override {
    logged_out_everywhere = caller;
    last_origin = origin;
    return standing;
  }
  db::SessionList list(const db::Caller& /*caller*/) override { return {standing, entries}; }
  db::RevokeOutcome revoke(const db::Caller& caller, const base::Uuid& target,
                           const db::Origin& origin) override {
    revoked_by = caller;
    revoke_target = target;
    last_origin = origin;
    return revoke_answer;
  }

  db::Refresh refresh_answer{db::RefreshOutcome::kRotated, grant()};
  db::Standing standing = db::Standing::kLive;
  std::vector<db::SessionEntry> entries;
  db::RevokeOutcome revoke_answer = db::RevokeOutcome::kRevoked;

  std::optional<db::RefreshRequest> refresh_request;
  std::optional<db::Caller> logged_out;
  std::optional<db::Caller> logged_out_everywhere;
  std::optional<db::Caller> revoked_by;
  std::optional<base::Uuid> revoke_target;
  std::optional<db::Origin> last_origin;
};

}  // namespace latchkey::doubles
