// SPDX-License-Identifier: Apache-2.0
#pragma once

// How users come in: registration and login.
//
// Two calls each, with the hashing between them: the first reads, the second writes everything
// (user, session, audit) in one transaction. Outcomes are values; base::Error means that the
// database could not be asked or is broken (database.h).
//
// Runs in hash workers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "db/database.h"
#include "db/records.h"

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

struct VerifiedLogin {
  std::int64_t user_id;
  std::string_view verified_hash;                // what the password was checked against
  std::optional<std::string> new_password_hash;  // when scheme or cost have changed
};

enum class LoginOutcome {
  kLoggedIn,
  kInactive,
  kChanged,  // the stored hash is no longer the one that was verified
};

struct Login {
  LoginOutcome outcome;
  std::optional<Grant> grant;  // of kLoggedIn
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
  // nullopt: no such user.
  virtual std::optional<Credential> find_credential(const LoginName& name) = 0;
  virtual Login record_success(const VerifiedLogin& login, const NewSession& session,
                               const Origin& origin) = 0;
  // `user_id` is empty for an unknown name; the name itself is not stored, since people type
  // passwords into that field.
  virtual void record_failure(std::optional<std::int64_t> user_id, std::string_view reason,
                              const Origin& origin) = 0;
};

class PgLogins final : public Logins {
 public:
  explicit PgLogins(Database& database) : database_(database) {}

  TakenNames find_taken(std::string_view email, std::string_view username) override;
  Registration register_user(const NewUser& user, const NewSession& session,
                             const Origin& origin) override;
  std::optional<Credential> find_credential(const LoginName& name) override;
  Login record_success(const VerifiedLogin& login, const NewSession& session,
                       const Origin& origin) override;
  void record_failure(std::optional<std::int64_t> user_id, std::string_view reason,
                      const Origin& origin) override;

 private:
  Database& database_;
};

}  // namespace latchkey::db
