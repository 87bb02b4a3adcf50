// SPDX-License-Identifier: Apache-2.0
#include "service/authentication.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "service/field_rules.h"

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
  return {base::Uuid::random(parts_.random), parts_.session_ttl_s};
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

  bool needs_rehash = false;
  db::Credential credential = verify_password(request, needs_rehash, origin);
  db::Login login = accept(credential, needs_rehash, request.password->reveal(), origin);
  if (login.outcome == db::LoginOutcome::kChanged) {
    // The stored hash is another one by now. The password was changed, or a login beside this one
    // has rehashed it: a second look tells them apart, and writes no hash of its own.
    credential = verify_password(request, needs_rehash, origin);
    login = accept(credential, false, request.password->reveal(), origin);
  }
  if (login.outcome == db::LoginOutcome::kInactive) refuse(ErrorCode::kUserInactive);
  if (login.outcome == db::LoginOutcome::kChanged) refuse(ErrorCode::kInvalidCredentials);
  parts_.events.count(base::Event::kLoginSucceeded);
  return std::move(login.grant).value();
}

// The credential that the password is right for; kInvalidCredentials or kUserInactive otherwise.
db::Credential Authentication::verify_password(const LoginRequest& request, bool& needs_rehash,
                                               const db::Origin& origin) {
  const std::string_view password = request.password->reveal();
  auto credential = parts_.logins.find_credential({request.email, request.username});
  if (!credential) {
    parts_.hasher.verify_nothing(password);
    parts_.logins.record_failure(std::nullopt, "unknown_user", origin);
    refuse(ErrorCode::kInvalidCredentials);
  }
  const auto verdict = parts_.hasher.verify(password, credential->password_hash);
  if (verdict.unusable_hash) {
    logger().warning("a stored password hash cannot be used", {{"user_id", credential->user_id}});
  }
  if (verdict.match != crypto::PasswordMatch::kMatch) {
    parts_.logins.record_failure(credential->user_id, "wrong_password", origin);
    refuse(ErrorCode::kInvalidCredentials);
  }
  if (!credential->is_active) {
    parts_.logins.record_failure(credential->user_id, "inactive", origin);
    refuse(ErrorCode::kUserInactive);
  }
  needs_rehash = verdict.needs_rehash;
  return std::move(*credential);
}

void Authentication::refuse(ErrorCode code) {
  parts_.events.count(code == ErrorCode::kUserInactive ? base::Event::kLoginInactive
                                                       : base::Event::kLoginRefused);
  throw Error(code);
}

db::Login Authentication::accept(const db::Credential& credential, bool needs_rehash,
                                 std::string_view password, const db::Origin& origin) {
  std::optional<std::string> new_hash;
  if (needs_rehash && password.size() <= parts_.hasher.max_password_bytes()) {
    new_hash = parts_.hasher.hash(password);
  }
  const bool is_renewed = new_hash.has_value();
  db::Login login = parts_.logins.record_success(
      {credential.user_id, credential.password_hash, std::move(new_hash)}, new_session(), origin);
  if (is_renewed && login.outcome == db::LoginOutcome::kLoggedIn)
    parts_.events.count(base::Event::kPasswordRehashed);
  return login;
}

}  // namespace latchkey::service
