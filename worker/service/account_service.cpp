// SPDX-License-Identifier: Apache-2.0
#include "service/account_service.h"

#include <utility>

#include "base/error.h"
#include "service/field_rules.h"
#include "service/pace.h"
#include "service/standing.h"

namespace latchkey::service {
namespace {

using base::Error;
using base::ErrorCode;

void check(UpdateRequest& request) {
  if (!request.email && !request.username && request.faults.empty()) {
    request.faults.push_back({"email", "required", "or a username must be given"});
  }
  if (request.email) check_email(*request.email, request.faults);
  if (request.username) check_username(*request.username, request.faults);
  throw_if_any(std::move(request.faults));
}

}  // namespace

db::User AccountService::find(const db::Caller& caller) {
  db::Account account = accounts_.find(caller);
  require_live(account.standing);
  return std::move(account.user).value();
}

db::User AccountService::update(const db::Caller& caller, UpdateRequest request,
                                const db::Origin& origin) {
  check(request);
  db::Update update = accounts_.update(caller, {request.email, request.username}, origin);
  switch (update.outcome) {
    case db::UpdateOutcome::kUpdated:
      return std::move(update.user).value();
    case db::UpdateOutcome::kEmailTaken:
      throw Error(ErrorCode::kUserAlreadyExists, "The email is already taken");
    case db::UpdateOutcome::kUsernameTaken:
      throw Error(ErrorCode::kUserAlreadyExists, "The username is already taken");
    case db::UpdateOutcome::kEnded:
      throw Error(ErrorCode::kTokenRevoked);
    case db::UpdateOutcome::kInactive:
      break;
  }
  throw Error(ErrorCode::kUserInactive);
}

void AccountService::deactivate(const db::Caller& caller, const db::Origin& origin) {
  require_live(accounts_.deactivate(caller, origin));
  revocations_.ended_unlisted();
}

void AccountService::change_password(const db::Caller& caller, PasswordChangeRequest request,
                                     const db::Origin& origin) {
  // A request that has faults guesses nothing and is not counted, as far as they show by
  // themselves.
  Faults faults = request.faults;
  if (request.new_password)
    policy_.check("new_password", request.new_password->reveal(), {}, faults);
  const db::PasswordState state = faults.empty() ? accounts_.begin_password_change(caller, origin)
                                                 : accounts_.find_password(caller);
  require_live(state.standing);
  require_patience(state.retry_after_ms, base::Event::kPasswordChangeThrottled, events_);
  if (request.new_password) {
    policy_.check("new_password", request.new_password->reveal(), {state.email, state.username},
                  request.faults);
  }
  throw_if_any(std::move(request.faults));

  const auto verdict = hasher_.verify(request.current_password->reveal(), state.password_hash);
  if (verdict.match != crypto::PasswordMatch::kMatch) {
    accounts_.record_password_failure(caller, "wrong_password", origin);
    events_.count(base::Event::kPasswordChangeRefused);
    throw Error(ErrorCode::kInvalidCredentials);
  }
  const std::string new_hash = hasher_.hash(request.new_password->reveal());
  switch (accounts_.change_password(caller, state.password_hash, new_hash, origin)) {
    case db::PasswordOutcome::kChanged:
      revocations_.ended_unlisted();
      events_.count(base::Event::kPasswordChanged);
      return;
    case db::PasswordOutcome::kConflict:
      // Another request changed it meanwhile: the current password given is no longer current.
      accounts_.record_password_failure(caller, "hash changed meanwhile", origin);
      events_.count(base::Event::kPasswordChangeRefused);
      throw Error(ErrorCode::kInvalidCredentials);
    case db::PasswordOutcome::kEnded:
      throw Error(ErrorCode::kTokenRevoked);
    case db::PasswordOutcome::kInactive:
      throw Error(ErrorCode::kUserInactive);
  }
}

}  // namespace latchkey::service
