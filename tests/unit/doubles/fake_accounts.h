// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/accounts.h"
#include "doubles/records.h"

namespace latchkey::doubles {

// Answers what the test has set, and remembers what it was asked.
class FakeAccounts final : public db::Accounts {
 public:
  db::Account find(const db::Caller& caller) override {
    ++lookups;
    asked_by = caller;
    return {standing, standing == db::Standing::kLive ? std::optional(user()) : std::nullopt};
  }
  db::Update update(const db::Caller& caller, const db::NameChange& change,
                    const db::Origin& /*origin*/) override {
    asked_by = caller;
    last_change = change;
    const bool is_done = update_outcome == db::UpdateOutcome::kUpdated;
    return {update_outcome, is_done ? std::optional(user()) : std::nullopt};
  }
  db::Standing deactivate(const db::Caller& caller, const db::Origin& /*origin*/) override {
    deactivated = caller;
    return standing;
  }
  db::PasswordState find_password(const db::Caller& caller) override {
    asked_by = caller;
    return {standing, password_hash, user().email, user().username};
  }
  db::PasswordState begin_password_change(const db::Caller& caller,
                                          const db::Origin& /*origin*/) override {
    ++attempts;
    db::PasswordState state = find_password(caller);
    state.retry_after_ms = retry_after_ms;
    return state;
  }
  db::PasswordOutcome change_password(const db::Caller& /*caller*/, std::string_view verified_hash,
                                      std::string_view new_hash,
                                      const db::Origin& /*origin*/) override {
    last_verified_hash = verified_hash;
    last_new_hash = new_hash;
    return password_outcome;
  }
  void record_password_failure(const db::Caller& /*caller*/, std::string_view reason,
                               const db::Origin& /*origin*/) override {
    password_failures.emplace_back(reason);
  }

  db::Standing standing = db::Standing::kLive;
  db::UpdateOutcome update_outcome = db::UpdateOutcome::kUpdated;
  std::string password_hash;
  std::int64_t retry_after_ms = 0;
  db::PasswordOutcome password_outcome = db::PasswordOutcome::kChanged;

  int lookups = 0;
  int attempts = 0;
  std::optional<db::Caller> asked_by;
  std::optional<db::Caller> deactivated;
  std::optional<db::NameChange> last_change;
  std::string last_verified_hash;
  std::string last_new_hash;
  std::vector<std::string> password_failures;
};

}  // namespace latchkey::doubles
