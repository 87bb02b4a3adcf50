// SPDX-License-Identifier: Apache-2.0
#pragma once

// A user's own account: look at it, change its names, change its password, give it up.
//
// Runs in api workers; change_password in hash workers. Failures are base::Error: kTokenRevoked
// and kUserInactive for the caller, kValidationError with every fault, kUserAlreadyExists,
// kInvalidCredentials for a wrong current password, kTooManyRequests for one that came too soon.

#include <optional>
#include <string>
#include <string_view>

#include "base/events.h"
#include "base/secret.h"
#include "crypto/password_hasher.h"
#include "db/accounts.h"
#include "db/records.h"
#include "service/field_rules.h"
#include "service/password_policy.h"
#include "service/revocation_watch.h"

namespace latchkey::service {

// What a client sent; see RegistrationRequest for `faults`.
struct UpdateRequest {
  std::optional<std::string> email;
  std::optional<std::string> username;
  Faults faults;
};

struct PasswordChangeRequest {
  std::optional<base::Secret> current_password;
  std::optional<base::Secret> new_password;
  Faults faults;
};

class AccountService {
 public:
  AccountService(db::Accounts& accounts, crypto::PasswordHasher& hasher,
                 const PasswordPolicy& policy, RevocationWatch& revocations,
                 base::EventSink& events)
      : accounts_(accounts),
        hasher_(hasher),
        policy_(policy),
        revocations_(revocations),
        events_(events) {}

  db::User find(const db::Caller& caller);
  db::User update(const db::Caller& caller, UpdateRequest request, const db::Origin& origin);
  void deactivate(const db::Caller& caller, const db::Origin& origin);
  // Every other session of the user ends.
  void change_password(const db::Caller& caller, PasswordChangeRequest request,
                       const db::Origin& origin);

 private:
  db::Accounts& accounts_;
  crypto::PasswordHasher& hasher_;
  const PasswordPolicy& policy_;
  RevocationWatch& revocations_;
  base::EventSink& events_;
};

}  // namespace latchkey::service
