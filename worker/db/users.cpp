// SPDX-License-Identifier: Apache-2.0
#include "db/users.h"

#include "base/json_writer.h"
#include "base/secret.h"
#include "db/columns.h"

namespace latchkey::db {
namespace {

constexpr Statement kListUsers{"admin_list_users",
                               "SELECT " LATCHKEY_USER_COLUMNS
                               " FROM latchkey.admin_list_users($1, $2, $3, $4, $5)",
                               Effect::kReads};

constexpr Statement kFindUser{"admin_find_user",
                              "SELECT " LATCHKEY_USER_COLUMNS
                              ", password_scheme, live_sessions, kept_sessions"
                              " FROM latchkey.admin_find_user($1, $2, $3)",
                              Effect::kReads};

constexpr Statement kCreateUser{
    "admin_create_user", "SELECT outcome, user_id FROM latchkey.admin_create_user($1, $2, $3, $4)",
    Effect::kWrites};

constexpr Statement kSetActive{
    "admin_set_active", "SELECT outcome, ended_sessions FROM latchkey.admin_set_active($1, $2, $3)",
    Effect::kWrites};

constexpr Statement kResetPassword{
    "admin_reset_password",
    "SELECT outcome, ended_sessions FROM latchkey.admin_reset_password($1, $2, $3)",
    Effect::kWrites};

constexpr Statement kListSessions{
    "admin_list_sessions",
    "SELECT session_id, created_at_ms, last_used_at_ms, expires_at_ms, ip, user_agent"
    " FROM latchkey.admin_list_sessions($1, $2)",
    Effect::kReads};

constexpr Statement kRevokeSession{"admin_revoke_session",
                                   "SELECT outcome FROM latchkey.admin_revoke_session($1, $2, $3)",
                                   Effect::kWrites};

constexpr Statement kRevokeSessions{
    "admin_revoke_sessions",
    "SELECT outcome, ended_sessions FROM latchkey.admin_revoke_sessions($1, $2)", Effect::kWrites};

constexpr Statement kListEvents{
    "admin_list_events",
    "SELECT at_ms, event, detail, session_id, ip, user_agent, request_id, actor"
    " FROM latchkey.admin_list_events($1, $2)",
    Effect::kReads};

constexpr Statement kImportUsers{
    "admin_import_users", "SELECT index, outcome FROM latchkey.admin_import_users($1, $2, $3)",
    Effect::kWrites};

constexpr int kUserColumns = 7;

std::string_view name_of(bool truth) { return truth ? "t" : "f"; }

std::string_view name_of(UserSort sort) {
  switch (sort) {
    case UserSort::kEmail:
      return "email";
    case UserSort::kUsername:
      return "username";
    case UserSort::kId:
      break;
  }
  return "id";
}

// What the list is sorted by.
std::string key_of(const User& user, UserSort sort) {
  switch (sort) {
    case UserSort::kEmail:
      return user.email;
    case UserSort::kUsername:
      return user.username;
    case UserSort::kId:
      break;
  }
  return std::to_string(user.id);
}

// The first column of a list is the first of a user; read_user() is made for answers of one row.
User read_row(const Rows& rows, int row) {
  return {.id = rows.integer(row, 0),
          .email = std::string(rows.text(row, 1)),
          .username = std::string(rows.text(row, 2)),
          .is_active = rows.boolean(row, 3),
          .created_at_ms = rows.integer(row, 4),
          .updated_at_ms = rows.integer(row, 5),
          .last_login_ms = rows.optional_integer(row, 6)};
}

// The count behind an outcome; nullopt for `not_found`.
std::optional<std::int64_t> read_ended(const Statement& statement, const Rows& rows,
                                       std::string_view done) {
  if (rows.text(0, 0) == "not_found") return std::nullopt;
  if (rows.text(0, 0) != done) refuse_outcome(statement, rows);
  return rows.integer(0, 1);
}

std::string as_json(std::span<const ImportedUser> users) {
  std::string text;
  text.reserve(users.size() * 256);
  base::JsonWriter json(text);
  json.begin_array();
  for (const ImportedUser& user : users) {
    json.begin_object();
    json.key("email").string(user.email);
    json.key("username").string(user.username);
    json.key("password_hash").string(user.password_hash);
    json.key("is_active").boolean(user.is_active);
    if (user.created_at_ms) json.key("created_at_ms").integer(*user.created_at_ms);
    json.end_object();
  }
  json.end_array();
  return text;
}

ImportRefusal read_refusal(const Rows& rows, int row) {
  const auto index = static_cast<std::size_t>(rows.integer(row, 0));
  const std::string_view outcome = rows.text(row, 1);
  if (outcome == "email_taken") return {index, ImportOutcome::kEmailTaken};
  if (outcome == "username_taken") return {index, ImportOutcome::kUsernameTaken};
  if (outcome == "name_taken") return {index, ImportOutcome::kNameTaken};
  throw base::Error(base::ErrorCode::kInternalError)
      .because("admin_import_users answered an unknown outcome");
}

}  // namespace

std::vector<User> PgUsers::list(const UserQuery& query, const User* last, std::int32_t limit) {
  std::optional<std::string> after;
  if (last != nullptr) after = key_of(*last, query.sort);
  std::optional<std::string_view> is_active;
  if (query.is_active) is_active = name_of(*query.is_active);
  const Rows rows =
      database_.call(kListUsers, {name_of(query.sort), after, is_active, query.match, limit});
  std::vector<User> users;
  users.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) users.push_back(read_row(rows, row));
  return users;
}

std::optional<UserDetail> PgUsers::find(const UserKey& key) {
  const Rows rows = database_.call_for_one_row(kFindUser, {key.id, key.email, key.username});
  if (rows.is_null(0, 0)) return std::nullopt;
  return UserDetail{.user = read_user(rows, 0),
                    .password_scheme = std::string(rows.text(0, kUserColumns)),
                    .live_sessions = rows.integer(0, kUserColumns + 1),
                    .kept_sessions = rows.integer(0, kUserColumns + 2)};
}

Creation PgUsers::create(const ImportedUser& user, std::string_view actor) {
  const Rows rows = database_.call_for_one_row(
      kCreateUser, {user.email, user.username, user.password_hash, actor});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "created") return {CreateOutcome::kCreated, rows.integer(0, 1)};
  if (outcome == "email_taken") return {CreateOutcome::kEmailTaken};
  if (outcome == "username_taken") return {CreateOutcome::kUsernameTaken};
  refuse_outcome(kCreateUser, rows);
}

ActiveChange PgUsers::set_active(std::int64_t user_id, bool is_active, std::string_view actor) {
  const Rows rows = database_.call_for_one_row(kSetActive, {user_id, name_of(is_active), actor});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "changed") {
    return {ActiveOutcome::kChanged, rows.optional_integer(0, 1).value_or(0)};
  }
  if (outcome == "unchanged") return {ActiveOutcome::kUnchanged};
  if (outcome == "not_found") return {ActiveOutcome::kNotFound};
  refuse_outcome(kSetActive, rows);
}

std::optional<std::int64_t> PgUsers::reset_password(std::int64_t user_id, std::string_view new_hash,
                                                    std::string_view actor) {
  const Rows rows = database_.call_for_one_row(kResetPassword, {user_id, new_hash, actor});
  return read_ended(kResetPassword, rows, "reset");
}

std::vector<SessionEntry> PgUsers::list_sessions(std::int64_t user_id, std::int32_t limit) {
  const Rows rows = database_.call(kListSessions, {user_id, limit});
  std::vector<SessionEntry> entries;
  entries.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    entries.push_back({.id = rows.uuid(row, 0),
                       .created_at_ms = rows.integer(row, 1),
                       .last_used_at_ms = rows.integer(row, 2),
                       .expires_at_ms = rows.integer(row, 3),
                       .ip = std::string(rows.text_or_empty(row, 4)),
                       .user_agent = std::string(rows.text_or_empty(row, 5))});
  }
  return entries;
}

bool PgUsers::revoke_session(const base::Uuid& session_id, std::int64_t user_id,
                             std::string_view actor) {
  const Rows rows = database_.call_for_one_row(kRevokeSession, {session_id, user_id, actor});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome != "revoked" && outcome != "not_found") refuse_outcome(kRevokeSession, rows);
  return outcome == "revoked";
}

std::optional<std::int64_t> PgUsers::revoke_sessions(std::int64_t user_id, std::string_view actor) {
  const Rows rows = database_.call_for_one_row(kRevokeSessions, {user_id, actor});
  return read_ended(kRevokeSessions, rows, "revoked");
}

std::vector<AuditEvent> PgUsers::list_events(std::int64_t user_id, std::int32_t limit) {
  const Rows rows = database_.call(kListEvents, {user_id, limit});
  std::vector<AuditEvent> events;
  events.reserve(static_cast<std::size_t>(rows.size()));
  const auto text = [&rows](int row, int column) {
    return std::string(rows.text_or_empty(row, column));
  };
  for (int row = 0; row < rows.size(); ++row) {
    events.push_back({.at_ms = rows.integer(row, 0),
                      .event = std::string(rows.text(row, 1)),
                      .detail = text(row, 2),
                      .session_id = text(row, 3),
                      .ip = text(row, 4),
                      .user_agent = text(row, 5),
                      .request_id = text(row, 6),
                      .actor = text(row, 7)});
  }
  return events;
}

std::vector<ImportRefusal> PgUsers::import_batch(std::span<const ImportedUser> users,
                                                 bool is_dry_run, std::string_view actor) {
  const base::Secret batch(as_json(users));
  const Rows rows = database_.call(kImportUsers, {batch.reveal(), name_of(is_dry_run), actor});
  std::vector<ImportRefusal> refusals;
  refusals.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) refusals.push_back(read_refusal(rows, row));
  return refusals;
}

}  // namespace latchkey::db
