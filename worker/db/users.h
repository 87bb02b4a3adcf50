// SPDX-License-Identifier: Apache-2.0
#pragma once

// All users, for administrators: the functions of sql/deploy/administration.sql, user_import.sql
// and user_audit.sql.
//
// Other than in the rest of this room a call names any user. Each call that changes something names
// who does it (`actor`), for the audit trail. Outcomes are values; base::Error means that the
// database could not be asked or is broken (database.h).
//
// Used by `latchkey user`, as the role latchkey_admin.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "db/database.h"
#include "db/records.h"
#include "db/sessions.h"

namespace latchkey::db {

enum class UserSort { kId, kEmail, kUsername };

struct UserQuery {
  UserSort sort = UserSort::kId;
  std::optional<bool> is_active;
  std::optional<std::string> match;  // text in the email or the username, in either case
};

// Who is meant; one of the three is set.
struct UserKey {
  std::optional<std::int64_t> id;
  std::optional<std::string> email;
  std::optional<std::string> username;
};

struct UserDetail {
  User user;
  std::string password_scheme;  // what stands before the salt, such as "$2b$12"
  std::int64_t live_sessions = 0;
  std::int64_t kept_sessions = 0;  // those that are over and not purged yet too
};

enum class CreateOutcome { kCreated, kEmailTaken, kUsernameTaken };

struct Creation {
  CreateOutcome outcome;
  std::int64_t user_id = 0;  // of kCreated
};

enum class ActiveOutcome { kChanged, kUnchanged, kNotFound };

struct ActiveChange {
  ActiveOutcome outcome;
  std::int64_t ended_sessions = 0;
};

struct ImportedUser {
  std::string email;
  std::string username;
  std::string password_hash;
  bool is_active = true;
  std::optional<std::int64_t> created_at_ms;
};

enum class ImportOutcome { kEmailTaken, kUsernameTaken, kNameTaken };

struct ImportRefusal {
  std::size_t index = 0;  // in the batch
  ImportOutcome outcome;
};

// One row of the audit trail. What does not belong to the event is empty.
struct AuditEvent {
  std::int64_t at_ms = 0;
  std::string event;
  std::string detail;
  std::string session_id;
  std::string ip;
  std::string user_agent;
  std::string request_id;
  std::string actor;  // which administrator it was; empty: the user, or a stranger
};

class Users {
 public:
  Users() = default;
  Users(const Users&) = delete;
  Users& operator=(const Users&) = delete;
  virtual ~Users() = default;

  // At most `limit` of them, from the first one after `last` on.
  virtual std::vector<User> list(const UserQuery& query, const User* last, std::int32_t limit) = 0;
  virtual std::optional<UserDetail> find(const UserKey& key) = 0;
  virtual Creation create(const ImportedUser& user, std::string_view actor) = 0;
  // Deactivating ends every session.
  virtual ActiveChange set_active(std::int64_t user_id, bool is_active, std::string_view actor) = 0;
  // How many sessions it has ended, which is all; nullopt: no such user.
  virtual std::optional<std::int64_t> reset_password(std::int64_t user_id,
                                                     std::string_view new_hash,
                                                     std::string_view actor) = 0;
  // The live ones, newest first.
  virtual std::vector<SessionEntry> list_sessions(std::int64_t user_id, std::int32_t limit) = 0;
  // False: the user has no such live session.
  virtual bool revoke_session(const base::Uuid& session_id, std::int64_t user_id,
                              std::string_view actor) = 0;
  virtual std::optional<std::int64_t> revoke_sessions(std::int64_t user_id,
                                                      std::string_view actor) = 0;
  // What happened to the user, the newest first.
  virtual std::vector<AuditEvent> list_events(std::int64_t user_id, std::int32_t limit) = 0;
  // One transaction; those that were not taken. A dry run writes nothing.
  virtual std::vector<ImportRefusal> import_batch(std::span<const ImportedUser> users,
                                                  bool is_dry_run, std::string_view actor) = 0;
};

class PgUsers final : public Users {
 public:
  explicit PgUsers(Database& database) : database_(database) {}

  std::vector<User> list(const UserQuery& query, const User* last, std::int32_t limit) override;
  std::optional<UserDetail> find(const UserKey& key) override;
  Creation create(const ImportedUser& user, std::string_view actor) override;
  ActiveChange set_active(std::int64_t user_id, bool is_active, std::string_view actor) override;
  std::optional<std::int64_t> reset_password(std::int64_t user_id, std::string_view new_hash,
                                             std::string_view actor) override;
  std::vector<SessionEntry> list_sessions(std::int64_t user_id, std::int32_t limit) override;
  bool revoke_session(const base::Uuid& session_id, std::int64_t user_id,
                      std::string_view actor) override;
  std::optional<std::int64_t> revoke_sessions(std::int64_t user_id,
                                              std::string_view actor) override;
  std::vector<AuditEvent> list_events(std::int64_t user_id, std::int32_t limit) override;
  std::vector<ImportRefusal> import_batch(std::span<const ImportedUser> users, bool is_dry_run,
                                          std::string_view actor) override;

 private:
  Database& database_;
};

}  // namespace latchkey::db
