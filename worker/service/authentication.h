// SPDX-License-Identifier: Apache-2.0
#pragma once

// How somebody becomes known: registration and login with a password.
//
// Login tells nobody whether a user exists: an unknown name, a wrong password and a password that
// is too long give the same error after the same work, one look-up, one hash, one audit row. Only
// the right password of a deactivated user is told apart (USER_INACTIVE). Registration does tell,
// by USER_ALREADY_EXISTS, and asks before it hashes, so that a name that is taken costs no hash.
//
// An attempt that comes too soon after others for the same name is refused before the hash, whether
// anybody has that name or not (docs/throttling.md).
//
// Runs in hash workers. Failures are base::Error.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/events.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/password_hasher.h"
#include "db/logins.h"
#include "db/records.h"
#include "service/field_rules.h"
#include "service/password_policy.h"

namespace latchkey::service {

// What a client sent. A field that is missing or of the wrong type is empty and has its fault in
// `faults` already; the service adds the faults of the others.
struct RegistrationRequest {
  std::optional<std::string> email;
  std::optional<std::string> username;
  std::optional<base::Secret> password;
  Faults faults;
};

struct LoginRequest {
  std::optional<std::string> email;
  std::optional<std::string> username;  // exactly one of the two, which may hold an email address
  std::optional<base::Secret> password;
  Faults faults;
};

class Authentication {
 public:
  struct Parts {
    db::Logins& logins;
    crypto::PasswordHasher& hasher;
    const PasswordPolicy& policy;
    base::Random& random;
    const base::Clock& clock;
    base::EventSink& events;
    std::int32_t session_ttl_s;
  };

  explicit Authentication(const Parts& parts) : parts_(parts) {}

  // kValidationError with every fault, kUserAlreadyExists.
  db::Grant register_user(RegistrationRequest request, const db::Origin& origin);
  // kValidationError, kInvalidCredentials, kUserInactive, kTooManyRequests.
  db::Grant log_in(LoginRequest request, const db::Origin& origin);

 private:
  void check(RegistrationRequest& request) const;
  db::NewSession new_session();
  bool verify_password(const db::LoginAttempt& attempt, std::string_view password,
                       const db::Origin& origin);
  void record_failure(const db::LoginAttempt& attempt, std::string_view reason,
                      const db::Origin& origin);
  [[noreturn]] void refuse(base::ErrorCode code);
  db::Login accept(const db::LoginAttempt& attempt, bool needs_rehash, std::string_view password,
                   const db::Origin& origin);

  Parts parts_;
};

}  // namespace latchkey::service
