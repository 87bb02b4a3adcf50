// SPDX-License-Identifier: Apache-2.0
#include "service/authentication.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "service/field_rules.h"
#include "service/pace.h"

namespace latchkey::service {
namespace {

using base::Error;
using base::ErrorCode;

void refuse_taken(const db::TakenNames& taken, base::EventSink& events) {
  if (taken.email || taken.username) events.count(base::Event::kRegistrationTaken);
  if (taken.email && taken.username) {
    throw Error(ErrorCode::kUserAlreadyExists, "The email and the username are already taken");
  }
  if (taken.email) throw Error(ErrorCode::kUserAlreadyExists, "The email is already taken");
  if (taken.username) throw Error(ErrorCode::kUserAlreadyExists, "The username is already taken");
}

// A name that was given in the wrong form is not missing too.
bool has_fault_of_name(const Faults& faults) {
  return std::any_of(faults.begin(), faults.end(), [](const base::FieldError& fault) {
    return fault.field == "email" || fault.field == "username";
  });
}

void check_login_names(LoginRequest& request) {
  if (request.email && request.username) {
    request.faults.push_back({"username", "conflict", "must not be given together with an email"});
  } else if (!request.email && !request.username && !has_fault_of_name(request.faults)) {
    request.faults.push_back({"username", "required", "or an email must be given"});
  }
  for (const auto* const name : {&request.email, &request.username}) {
    if (*name && (*name)->size() > kMaxEmailBytes) {
      request.faults.push_back({name == &request.email ? "email" : "username", "too_long",
                                "must have at most 254 bytes"});
    }
  }
}

const base::Logger& logger() {
  static const base::Logger instance("latchkey.authentication");
  return instance;
}

}  // namespace

db::NewSession Authentication::new_session() {
  return {base::Uuid::in_order(parts_.clock.wall_ms(), parts_.random), parts_.session_ttl_s};
}

void Authentication::check(RegistrationRequest& request) const {
  if (request.email) check_email(*request.email, request.faults);
  if (request.username) check_username(*request.username, request.faults);
  if (request.password) {
    parts_.policy.check("password", request.password->reveal(),
                        {request.email.value_or(""), request.username.value_or("")},
                        request.faults);
  }
  throw_if_any(std::move(request.faults));
}

db::Grant Authentication::register_user(RegistrationRequest request, const db::Origin& origin) {
  check(request);
  refuse_taken(parts_.logins.find_taken(*request.email, *request.username), parts_.events);
  const std::string hash = parts_.hasher.hash(request.password->reveal());
  db::Registration registration =
      parts_.logins.register_user({*request.email, *request.username, hash}, new_session(), origin);
  // Somebody else may have taken a name while the hash was made.
  refuse_taken({registration.outcome == db::RegisterOutcome::kEmailTaken,
                registration.outcome == db::RegisterOutcome::kUsernameTaken},
               parts_.events);
  parts_.events.count(base::Event::kRegistered);
  return std::move(registration.grant).value();
}

db::Grant Authentication::log_in(LoginRequest request, const db::Origin& origin) {
  check_login_names(request);
  throw_if_any(std::move(request.faults));

  const std::string_view password = request.password->reveal();
  db::LoginAttempt attempt = parts_.logins.begin_login({request.email, request.username}, origin);
  require_patience(attempt.retry_after_ms, base::Event::kLoginThrottled, parts_.events);

  const bool needs_rehash = verify_password(attempt, password, origin);
  db::Login login = accept(attempt, needs_rehash, password, origin);
  if (login.outcome == db::LoginOutcome::kChanged) {
    // The stored hash is another one by now. The password was changed, or a login beside this one
    // has rehashed it: a second look tells them apart, and writes no hash of its own. It is the
    // same attempt, and is not counted again.
    if (login.changed_hash) {
      attempt.credential->password_hash = *login.changed_hash;
    } else {
      attempt.credential.reset();
    }
    verify_password(attempt, password, origin);
    login = accept(attempt, false, password, origin);
  }
  if (login.outcome == db::LoginOutcome::kInactive) refuse(ErrorCode::kUserInactive);
  if (login.outcome == db::LoginOutcome::kChanged) {
    record_failure(attempt, "hash changed during login", origin);
    refuse(ErrorCode::kInvalidCredentials);
  }
  parts_.events.count(base::Event::kLoginSucceeded);
  return std::move(login.grant).value();
}

// Returns if the password is right, and whether its hash should be made anew; kInvalidCredentials
// or kUserInactive otherwise.
bool Authentication::verify_password(const db::LoginAttempt& attempt, std::string_view password,
                                     const db::Origin& origin) {
  if (!attempt.credential) {
    parts_.hasher.verify_nothing(password);
    record_failure(attempt, "unknown_user", origin);
    refuse(ErrorCode::kInvalidCredentials);
  }
  const db::Credential& credential = *attempt.credential;
  const auto verdict = parts_.hasher.verify(password, credential.password_hash);
  if (verdict.unusable_hash) {
    logger().warning("a stored password hash cannot be used", {{"user_id", credential.user_id}});
  }
  if (verdict.match != crypto::PasswordMatch::kMatch) {
    record_failure(attempt, "wrong_password", origin);
    refuse(ErrorCode::kInvalidCredentials);
  }
  if (!credential.is_active) {
    record_failure(attempt, "inactive", origin);
    refuse(ErrorCode::kUserInactive);
  }
  return verdict.needs_rehash;
}

void Authentication::record_failure(const db::LoginAttempt& attempt, std::string_view reason,
                                    const db::Origin& origin) {
  db::FailedLogin failed{.user_id = std::nullopt, .reason = reason, .uncounted_bucket = {}};
  if (attempt.credential) failed.user_id = attempt.credential->user_id;
  if (!attempt.is_counted) failed.uncounted_bucket = attempt.bucket;
  parts_.logins.record_failure(failed, origin);
}

void Authentication::refuse(ErrorCode code) {
  parts_.events.count(code == ErrorCode::kUserInactive ? base::Event::kLoginInactive
                                                       : base::Event::kLoginRefused);
  throw Error(code);
}

db::Login Authentication::accept(const db::LoginAttempt& attempt, bool needs_rehash,
                                 std::string_view password, const db::Origin& origin) {
  std::optional<std::string> new_hash;
  if (needs_rehash && password.size() <= parts_.hasher.max_password_bytes()) {
    new_hash = parts_.hasher.hash(password);
  }
  const bool is_renewed = new_hash.has_value();
  const db::Credential& credential = attempt.credential.value();
  db::Login login = parts_.logins.record_success(
      {credential.user_id, credential.password_hash, std::move(new_hash), attempt.bucket},
      new_session(), origin);
  if (is_renewed && login.outcome == db::LoginOutcome::kLoggedIn)
    parts_.events.count(base::Event::kPasswordRehashed);
  return login;
}

}  // namespace latchkey::service
