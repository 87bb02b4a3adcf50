// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the functions of the schema `latchkey` take and give, as plain data.
//
// Times are milliseconds since 1970-01-01T00:00:00Z. Runs in workers.

#include <cstdint>
#include <optional>
#include <string>

#include "base/uuid.h"

namespace latchkey::db {

struct User {
  std::int64_t id = 0;
  std::string email;
  std::string username;
  bool is_active = true;
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;
  std::optional<std::int64_t> last_login_ms;
};

// The state of a session that its refresh token is made from.
struct Session {
  base::Uuid id;
  std::int32_t counter = 0;
  std::int64_t rotated_at_ms = 0;
  std::int64_t expires_at_ms = 0;
};

// A user and the session they have just been given or have just used.
struct Grant {
  User user;
  Session session;
};

// Who asks: the session named by a token, and its user.
struct Caller {
  base::Uuid session_id;
  std::int64_t user_id = 0;
};

// Where a request comes from, for the session list and the audit trail. `ip` is a valid address or
// empty.
struct Origin {
  std::string ip;
  std::string user_agent;
  std::string request_id;
};

// Whether the caller's session still counts.
enum class Standing {
  kLive,
  kEnded,     // unknown, of another user, revoked or expired
  kInactive,  // the session lives, the user is deactivated
};

}  // namespace latchkey::db
