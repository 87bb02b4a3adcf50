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

constexpr Statement kLoginBegin{
    "login_begin", "SELECT user_id, password_hash, is_active FROM latchkey.login_begin($1, $2)",
    Effect::kReads};

constexpr Statement kLoginSucceeded{
    "login_succeeded",
    "SELECT outcome, " LATCHKEY_USER_COLUMNS ", " LATCHKEY_SESSION_COLUMNS
    " FROM latchkey.login_succeeded($1, $2, $3, $4, $5, $6, $7, $8)",
    Effect::kWrites};

constexpr Statement kLoginFailed{"login_failed",
                                 "SELECT outcome FROM latchkey.login_failed($1, $2, $3, $4, $5)",
                                 Effect::kWrites};

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

std::optional<Credential> PgLogins::find_credential(const LoginName& name) {
  const Rows rows = database_.call_for_one_row(kLoginBegin, {name.email, name.username});
  if (rows.is_null(0, 0)) return std::nullopt;
  return Credential{rows.integer(0, 0), std::string(rows.text(0, 1)), rows.boolean(0, 2)};
}

Login PgLogins::record_success(const VerifiedLogin& login, const NewSession& session,
                               const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kLoginSucceeded, {login.user_id, login.verified_hash, login.new_password_hash, session.id,
                        session.ttl_s, address_of(origin), origin.user_agent, origin.request_id});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "logged_in") return {LoginOutcome::kLoggedIn, read_grant(rows)};
  if (outcome == "inactive") return {LoginOutcome::kInactive, std::nullopt};
  if (outcome == "changed") return {LoginOutcome::kChanged, std::nullopt};
  refuse_outcome(kLoginSucceeded, rows);
}

void PgLogins::record_failure(std::optional<std::int64_t> user_id, std::string_view reason,
                              const Origin& origin) {
  database_.call_for_one_row(
      kLoginFailed, {user_id, reason, address_of(origin), origin.user_agent, origin.request_id});
}

}  // namespace latchkey::db
