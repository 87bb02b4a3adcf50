// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an administrator may do to any user. The rules of names and passwords are those of
// registration; only who asks is different.
//
// Used by `latchkey user`. Failures are base::Error: kValidationError with every fault, kNotFound,
// kUserAlreadyExists.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "crypto/password_hasher.h"
#include "db/users.h"
#include "service/password_policy.h"

namespace latchkey::service {

// A user as people name one: "id:42", an email address (it has an '@') or a username.
db::UserKey parse_user_key(std::string_view name);

class Administration {
 public:
  struct Parts {
    db::Users& users;
    crypto::PasswordHasher& hasher;
    const PasswordPolicy& policy;
    std::string actor;  // for the audit trail
  };

  explicit Administration(Parts parts) : parts_(std::move(parts)) {}

  // Calls `visit` for each user, page by page: no more than a page is in memory. `limit` 0: all.
  void list(const db::UserQuery& query, std::int64_t limit,
            const std::function<void(const db::User& user)>& visit);
  db::UserDetail find(std::string_view name);
  // Fails as create() would because of the names; to be asked before somebody types a password.
  void check_names(std::string_view email, std::string_view username);
  // The id of the new user.
  std::int64_t create(std::string_view email, std::string_view username,
                      const base::Secret& password);
  // False: the user was so already.
  bool activate(std::string_view name);
  // How many sessions it has ended; -1: the user was inactive already.
  std::int64_t deactivate(std::string_view name);
  std::int64_t reset_password(std::string_view name, const base::Secret& password);
  std::vector<db::SessionEntry> list_sessions(std::string_view name, std::int32_t limit);
  void revoke_session(std::string_view name, std::string_view session);
  std::int64_t revoke_sessions(std::string_view name);
  std::vector<db::AuditEvent> list_events(std::string_view name, std::int32_t limit);

 private:
  void check_password(const base::Secret& password, const PasswordOwner& owner,
                      Faults& faults) const;

  Parts parts_;
};

}  // namespace latchkey::service
