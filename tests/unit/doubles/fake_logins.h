// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/logins.h"
#include "doubles/records.h"

namespace latchkey::doubles {

// Answers what the test has set, and remembers what it was asked.
class FakeLogins final : public db::Logins {
 public:
  struct Failure {
    std::optional<std::int64_t> user_id;
    std::string reason;
    bool operator==(const Failure&) const = default;
  };
  struct Success {
    std::int64_t user_id;
    std::string verified_hash;
    std::optional<std::string> new_hash;
    bool operator==(const Success&) const = default;
  };

  db::TakenNames find_taken(std::string_view /*email*/, std::string_view /*username*/) override {
    ++taken_lookups;
    return taken;
  }
  db::Registration register_user(const db::NewUser& user, const db::NewSession& session,
                                 const db::Origin& origin) override {
    registered_hash = user.password_hash;
    registered_email = user.email;
    registered_username = user.username;
    new_session = session;
    last_origin = origin;
    return registration;
  }
  std::optional<db::Credential> find_credential(const db::LoginName& name) override {
    asked_names.push_back(name);
    if (later_credential && asked_names.size() > 1) return later_credential;
    return credential;
  }
  db::Login record_success(const db::VerifiedLogin& login, const db::NewSession& session,
                           const db::Origin& origin) override {
    successes.push_back({login.user_id, std::string(login.verified_hash), login.new_password_hash});
    new_session = session;
    last_origin = origin;
    if (later_login && successes.size() > 1) return *later_login;
    return login_answer;
  }
  void record_failure(std::optional<std::int64_t> user_id, std::string_view reason,
                      const db::Origin& origin) override {
    failures.push_back({user_id, std::string(reason)});
    last_origin = origin;
  }

  // Answers; the `later` ones are for the second time, where that differs.
  db::TakenNames taken;
  db::Registration registration{db::RegisterOutcome::kRegistered, grant()};
  std::optional<db::Credential> credential;
  std::optional<db::Credential> later_credential;
  db::Login login_answer{db::LoginOutcome::kLoggedIn, grant()};
  std::optional<db::Login> later_login;

  int taken_lookups = 0;
  std::string registered_email;
  std::string registered_username;
  std::string registered_hash;
  std::optional<db::NewSession> new_session;
  std::vector<db::LoginName> asked_names;
  std::vector<Success> successes;
  std::vector<Failure> failures;
  std::optional<db::Origin> last_origin;
};

}  // namespace latchkey::doubles
