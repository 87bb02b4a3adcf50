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
    std::optional<std::string> uncounted_bucket = std::nullopt;
    bool operator==(const Failure&) const = default;
  };
  struct Success {
    std::int64_t user_id;
    std::string verified_hash;
    std::optional<std::string> new_hash;
    std::optional<std::string> bucket = std::nullopt;
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
  db::LoginAttempt begin_login(const db::LoginName& name, const db::Origin& origin) override {
    asked_names.push_back(name);
    last_origin = origin;
    db::LoginAttempt attempt;
    attempt.retry_after_ms = retry_after_ms;
    if (retry_after_ms > 0) return attempt;
    attempt.credential = credential;
    attempt.bucket = bucket;
    attempt.is_counted = is_counted;
    return attempt;
  }
  db::Login record_success(const db::VerifiedLogin& login, const db::NewSession& session,
                           const db::Origin& origin) override {
    successes.push_back(
        {login.user_id, std::string(login.verified_hash), login.new_password_hash, login.bucket});
    new_session = session;
    last_origin = origin;
    if (later_login && successes.size() > 1) return *later_login;
    return login_answer;
  }
  void record_failure(const db::FailedLogin& login, const db::Origin& origin) override {
    failures.push_back({login.user_id, std::string(login.reason), login.uncounted_bucket});
    last_origin = origin;
  }

  // Answers; the `later` one is for the second time, where that differs.
  db::TakenNames taken;
  db::Registration registration{db::RegisterOutcome::kRegistered, grant()};
  std::optional<db::Credential> credential;
  std::int64_t retry_after_ms = 0;
  std::optional<std::string> bucket;
  bool is_counted = false;
  db::Login login_answer{db::LoginOutcome::kLoggedIn, grant(), std::nullopt};
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
