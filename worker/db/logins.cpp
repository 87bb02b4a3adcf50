// SPDX-License-Identifier: Apache-2.0
#include "db/logins.h"

#include "db/columns.h"

namespace latchkey::db {
namespace {

constexpr Statement kLoginNamesTaken{
    "login_names_taken",
    "SELECT email_taken, username_taken FROM latchkey.login_names_taken($1, $2)", Effect::kReads};

constexpr Statement kRegisterUser{"register_user",
                                  "SELECT outcome, " LATCHKEY_USER_COLUMNS
                                  ", " LATCHKEY_SESSION_COLUMNS
                                  " FROM latchkey.register_user($1, $2, $3, $4, $5, $6, $7, $8)",
                                  Effect::kWrites};

constexpr Statement kLoginAttempt{
    "login_attempt",
    "SELECT retry_after_ms, bucket, is_counted, user_id, password_hash, is_active"
    " FROM latchkey.login_attempt($1, $2, $3, $4, $5, $6, $7, $8)",
    Effect::kWrites};

constexpr Statement kLoginAccepted{
    "login_accepted",
    "SELECT outcome, " LATCHKEY_USER_COLUMNS ", " LATCHKEY_SESSION_COLUMNS
    ", changed_hash FROM latchkey.login_accepted($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    Effect::kWrites};
constexpr int kChangedHashColumn = 12;

constexpr Statement kLoginRefused{
    "login_refused", "SELECT outcome FROM latchkey.login_refused($1, $2, $3, $4, $5, $6, $7)",
    Effect::kWrites};

std::optional<std::string> optional_text(const Rows& rows, int column) {
  if (rows.is_null(0, column)) return std::nullopt;
  return std::string(rows.text(0, column));
}

}  // namespace

TakenNames PgLogins::find_taken(std::string_view email, std::string_view username) {
  const Rows rows = database_.call_for_one_row(kLoginNamesTaken, {email, username});
  return {.email = rows.boolean(0, 0), .username = rows.boolean(0, 1)};
}

Registration PgLogins::register_user(const NewUser& user, const NewSession& session,
                                     const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kRegisterUser, {user.email, user.username, user.password_hash, session.id, session.ttl_s,
                      address_of(origin), origin.user_agent, origin.request_id});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "registered") return {RegisterOutcome::kRegistered, read_grant(rows)};
  if (outcome == "email_taken") return {RegisterOutcome::kEmailTaken, std::nullopt};
  if (outcome == "username_taken") return {RegisterOutcome::kUsernameTaken, std::nullopt};
  refuse_outcome(kRegisterUser, rows);
}

LoginAttempt PgLogins::begin_login(const LoginName& name, const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kLoginAttempt,
      {name.email, name.username, free_of(throttle_), max_delay_of(throttle_), reset_of(throttle_),
       address_of(origin), origin.user_agent, origin.request_id});
  LoginAttempt attempt{.retry_after_ms = rows.optional_integer(0, 0).value_or(0),
                       .credential = std::nullopt,
                       .bucket = optional_text(rows, 1),
                       .is_counted = !rows.is_null(0, 2) && rows.boolean(0, 2)};
  if (!rows.is_null(0, 3)) {
    attempt.credential =
        Credential{rows.integer(0, 3), std::string(rows.text(0, 4)), rows.boolean(0, 5)};
  }
  return attempt;
}

Login PgLogins::record_success(const VerifiedLogin& login, const NewSession& session,
                               const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kLoginAccepted,
      {login.user_id, login.verified_hash, login.new_password_hash, login.bucket, session.id,
       session.ttl_s, address_of(origin), origin.user_agent, origin.request_id});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "logged_in") return {LoginOutcome::kLoggedIn, read_grant(rows), std::nullopt};
  if (outcome == "inactive") return {LoginOutcome::kInactive, std::nullopt, std::nullopt};
  if (outcome == "changed") {
    return {LoginOutcome::kChanged, std::nullopt, optional_text(rows, kChangedHashColumn)};
  }
  refuse_outcome(kLoginAccepted, rows);
}

void PgLogins::record_failure(const FailedLogin& login, const Origin& origin) {
  database_.call_for_one_row(
      kLoginRefused, {login.user_id, login.reason, login.uncounted_bucket, reset_of(throttle_),
                      address_of(origin), origin.user_agent, origin.request_id});
}

}  // namespace latchkey::db
