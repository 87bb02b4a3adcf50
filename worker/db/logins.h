// SPDX-License-Identifier: Apache-2.0
#pragma once

// How users come in: registration and login.
//
// Two calls each, with the hashing between them: the first reads, and of a login counts the
// attempt; the second writes everything (user, session, audit) in one transaction. Outcomes are
// values; base::Error means that the database could not be asked or is broken (database.h).
//
// Runs in hash workers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "db/database.h"
#include "db/records.h"
#include "db/throttle.h"

namespace latchkey::db {

struct TakenNames {
  bool email = false;
  bool username = false;
};

struct NewUser {
  std::string_view email;
  std::string_view username;
  std::string_view password_hash;
};

// The session that a login or registration is to open.
struct NewSession {
  base::Uuid id;
  std::int32_t ttl_s = 0;
};

enum class RegisterOutcome { kRegistered, kEmailTaken, kUsernameTaken };

struct Registration {
  RegisterOutcome outcome;
  std::optional<Grant> grant;  // of kRegistered
};

// Who wants to log in; one of the two names is set.
struct LoginName {
  std::optional<std::string> email;
  std::optional<std::string> username;  // or an email address
};

struct Credential {
  std::int64_t user_id = 0;
  std::string password_hash;
  bool is_active = true;
};

// A login that has begun.
struct LoginAttempt {
  std::int64_t retry_after_ms = 0;       // more than 0: it came too soon, and nothing else is told
  std::optional<Credential> credential;  // nullopt: no such user
  // What the attempt is counted in, as the database named it; nullopt: nothing is counted.
  std::optional<std::string> bucket;
  bool is_counted = false;  // already; else a failure is
};

struct VerifiedLogin {
  std::int64_t user_id;
  std::string_view verified_hash;                // what the password was checked against
  std::optional<std::string> new_password_hash;  // when scheme or cost have changed
  std::optional<std::string> bucket;             // whose attempts are forgotten
};

enum class LoginOutcome {
  kLoggedIn,
  kInactive,
  kChanged,  // the stored hash is no longer the one that was verified; not audited
};

struct Login {
  LoginOutcome outcome;
  std::optional<Grant> grant;  // of kLoggedIn
  std::optional<std::string>
      changed_hash;  // of kChanged: the one of now; nullopt: no user any more
};

// `user_id` is empty for an unknown name; the name itself is not stored, since people type
// passwords into that field.
struct FailedLogin {
  std::optional<std::int64_t> user_id;
  std::string_view reason;
  std::optional<std::string> uncounted_bucket;  // where the failure is still to be counted
};

class Logins {
 public:
  Logins() = default;
  Logins(const Logins&) = delete;
  Logins& operator=(const Logins&) = delete;
  virtual ~Logins() = default;

  virtual TakenNames find_taken(std::string_view email, std::string_view username) = 0;
  virtual Registration register_user(const NewUser& user, const NewSession& session,
                                     const Origin& origin) = 0;
  virtual LoginAttempt begin_login(const LoginName& name, const Origin& origin) = 0;
  virtual Login record_success(const VerifiedLogin& login, const NewSession& session,
                               const Origin& origin) = 0;
  virtual void record_failure(const FailedLogin& login, const Origin& origin) = 0;
};

class PgLogins final : public Logins {
 public:
  // Without a throttle nothing is counted.
  PgLogins(Database& database, std::optional<Throttle> throttle)
      : database_(database), throttle_(throttle) {}

  TakenNames find_taken(std::string_view email, std::string_view username) override;
  Registration register_user(const NewUser& user, const NewSession& session,
                             const Origin& origin) override;
  LoginAttempt begin_login(const LoginName& name, const Origin& origin) override;
  Login record_success(const VerifiedLogin& login, const NewSession& session,
                       const Origin& origin) override;
  void record_failure(const FailedLogin& login, const Origin& origin) override;

 private:
  Database& database_;
  std::optional<Throttle> throttle_;
};

}  // namespace latchkey::db
