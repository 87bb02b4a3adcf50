// SPDX-License-Identifier: Apache-2.0
#include "db/accounts.h"

#include "db/columns.h"

namespace latchkey::db {
namespace {

constexpr Statement kSessionUser{
    "session_user", "SELECT outcome, " LATCHKEY_USER_COLUMNS " FROM latchkey.session_user($1, $2)",
    Effect::kReads};

constexpr Statement kUpdateUser{"update_user",
                                "SELECT outcome, " LATCHKEY_USER_COLUMNS
                                " FROM latchkey.update_user($1, $2, $3, $4, $5, $6, $7)",
                                Effect::kWrites};

constexpr Statement kDeactivateUser{
    "deactivate_user", "SELECT outcome FROM latchkey.deactivate_user($1, $2, $3, $4, $5)",
    Effect::kWrites};

constexpr Statement kPasswordChangeBegin{
    "password_change_begin",
    "SELECT outcome, password_hash, email, username FROM latchkey.password_change_begin($1, $2)",
    Effect::kReads};

constexpr Statement kPasswordAttempt{
    "password_attempt",
    "SELECT outcome, password_hash, email, username, retry_after_ms"
    " FROM latchkey.password_attempt($1, $2, $3, $4, $5, $6, $7, $8)",
    Effect::kWrites};

constexpr Statement kPasswordChange{
    "password_change", "SELECT outcome FROM latchkey.password_change($1, $2, $3, $4, $5, $6, $7)",
    Effect::kWrites};

constexpr Statement kPasswordChangeFailed{
    "password_change_failed",
    "SELECT outcome FROM latchkey.password_change_failed($1, $2, $3, $4, $5, $6)", Effect::kWrites};

PasswordState read_password(const Statement& statement, const Rows& rows) {
  PasswordState state{read_standing(statement, rows, "ok"), {}, {}, {}};
  if (state.standing != Standing::kLive) return state;
  state.password_hash = rows.text(0, 1);
  state.email = rows.text(0, 2);
  state.username = rows.text(0, 3);
  return state;
}

}  // namespace

Account PgAccounts::find(const Caller& caller) {
  const Rows rows = database_.call_for_one_row(kSessionUser, {caller.session_id, caller.user_id});
  Account account{read_standing(kSessionUser, rows, "ok"), std::nullopt};
  if (account.standing == Standing::kLive) account.user = read_user(rows, 1);
  return account;
}

Update PgAccounts::update(const Caller& caller, const NameChange& change, const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kUpdateUser, {caller.session_id, caller.user_id, change.email, change.username,
                    address_of(origin), origin.user_agent, origin.request_id});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "updated") return {UpdateOutcome::kUpdated, read_user(rows, 1)};
  if (outcome == "email_taken") return {UpdateOutcome::kEmailTaken, std::nullopt};
  if (outcome == "username_taken") return {UpdateOutcome::kUsernameTaken, std::nullopt};
  if (outcome == "ended") return {UpdateOutcome::kEnded, std::nullopt};
  if (outcome == "inactive") return {UpdateOutcome::kInactive, std::nullopt};
  refuse_outcome(kUpdateUser, rows);
}

Standing PgAccounts::deactivate(const Caller& caller, const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kDeactivateUser, {caller.session_id, caller.user_id, address_of(origin), origin.user_agent,
                        origin.request_id});
  return read_standing(kDeactivateUser, rows, "deactivated");
}

PasswordState PgAccounts::find_password(const Caller& caller) {
  const Rows rows =
      database_.call_for_one_row(kPasswordChangeBegin, {caller.session_id, caller.user_id});
  return read_password(kPasswordChangeBegin, rows);
}

PasswordState PgAccounts::begin_password_change(const Caller& caller, const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kPasswordAttempt,
      {caller.session_id, caller.user_id, free_of(throttle_), max_delay_of(throttle_),
       reset_of(throttle_), address_of(origin), origin.user_agent, origin.request_id});
  if (rows.text(0, 0) == "throttled") {
    return {.standing = Standing::kLive,
            .password_hash = {},
            .email = {},
            .username = {},
            .retry_after_ms = rows.integer(0, 4)};
  }
  return read_password(kPasswordAttempt, rows);
}

PasswordOutcome PgAccounts::change_password(const Caller& caller, std::string_view verified_hash,
                                            std::string_view new_hash, const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kPasswordChange, {caller.session_id, caller.user_id, verified_hash, new_hash,
                        address_of(origin), origin.user_agent, origin.request_id});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "changed") return PasswordOutcome::kChanged;
  if (outcome == "conflict") return PasswordOutcome::kConflict;
  if (outcome == "ended") return PasswordOutcome::kEnded;
  if (outcome == "inactive") return PasswordOutcome::kInactive;
  refuse_outcome(kPasswordChange, rows);
}

void PgAccounts::record_password_failure(const Caller& caller, std::string_view reason,
                                         const Origin& origin) {
  database_.call_for_one_row(kPasswordChangeFailed,
                             {caller.session_id, caller.user_id, reason, address_of(origin),
                              origin.user_agent, origin.request_id});
}

}  // namespace latchkey::db
