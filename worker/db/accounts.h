// SPDX-License-Identifier: Apache-2.0
#pragma once

// A user's own account: looking at it, changing it, changing its password, giving it up.
//
// Every call names the caller's session and does its work only while that session lives. Outcomes
// are values; base::Error means that the database could not be asked or is broken (database.h).
//
// Runs in api workers; the password calls run in hash workers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "db/database.h"
#include "db/records.h"
#include "db/throttle.h"

namespace latchkey::db {

struct Account {
  Standing standing;
  std::optional<User> user;  // while the session lives
};

// What to change; an empty field stays as it is.
struct NameChange {
  std::optional<std::string> email;
  std::optional<std::string> username;
};

enum class UpdateOutcome { kUpdated, kEmailTaken, kUsernameTaken, kEnded, kInactive };

struct Update {
  UpdateOutcome outcome;
  std::optional<User> user;  // of kUpdated
};

// What a new password is checked against, and the current one.
struct PasswordState {
  Standing standing;
  std::string password_hash;
  std::string email;
  std::string username;
  std::int64_t retry_after_ms = 0;  // more than 0: the attempt came too soon; the rest is empty
};

enum class PasswordOutcome {
  kChanged,
  kConflict,  // another request changed the password meanwhile
  kEnded,
  kInactive,
};

class Accounts {
 public:
  Accounts() = default;
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;
  virtual ~Accounts() = default;

  virtual Account find(const Caller& caller) = 0;
  virtual Update update(const Caller& caller, const NameChange& change, const Origin& origin) = 0;
  virtual Standing deactivate(const Caller& caller, const Origin& origin) = 0;
  virtual PasswordState find_password(const Caller& caller) = 0;
  // The same for who will check the current password: counts an attempt.
  virtual PasswordState begin_password_change(const Caller& caller, const Origin& origin) = 0;
  // Ends every other session of the user.
  virtual PasswordOutcome change_password(const Caller& caller, std::string_view verified_hash,
                                          std::string_view new_hash, const Origin& origin) = 0;
  virtual void record_password_failure(const Caller& caller, std::string_view reason,
                                       const Origin& origin) = 0;
};

class PgAccounts final : public Accounts {
 public:
  // Without a throttle nothing is counted.
  PgAccounts(Database& database, std::optional<Throttle> throttle)
      : database_(database), throttle_(throttle) {}

  Account find(const Caller& caller) override;
  Update update(const Caller& caller, const NameChange& change, const Origin& origin) override;
  Standing deactivate(const Caller& caller, const Origin& origin) override;
  PasswordState find_password(const Caller& caller) override;
  PasswordState begin_password_change(const Caller& caller, const Origin& origin) override;
  PasswordOutcome change_password(const Caller& caller, std::string_view verified_hash,
                                  std::string_view new_hash, const Origin& origin) override;
  void record_password_failure(const Caller& caller, std::string_view reason,
                               const Origin& origin) override;

 private:
  Database& database_;
  std::optional<Throttle> throttle_;
};

}  // namespace latchkey::db
