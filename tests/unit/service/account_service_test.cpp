// SPDX-License-Identifier: Apache-2.0
#include "service/account_service.h"

#include <string>

#include <gtest/gtest.h>

#include "doubles/fake_accounts.h"
#include "doubles/fake_events.h"
#include "doubles/fake_hasher.h"
#include "doubles/thrown_error.h"
#include "doubles/watched_revocations.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;
using doubles::caller;
using doubles::FakeHasher;
using doubles::origin;
using doubles::thrown_by;
using Names = std::vector<std::string>;

constexpr std::string_view kCurrent = "correct horse";
constexpr std::string_view kNew = "battery staple";

class AccountServiceTest : public ::testing::Test {
 protected:
  AccountServiceTest() { accounts_.password_hash = FakeHasher::hash_of(kCurrent); }

  static UpdateRequest change(std::optional<std::string> email,
                              std::optional<std::string> username) {
    return {.email = std::move(email), .username = std::move(username), .faults = {}};
  }
  static PasswordChangeRequest passwords(std::string_view current, std::string_view next) {
    return {.current_password = base::Secret(current),
            .new_password = base::Secret(next),
            .faults = {}};
  }

  base::Error refused(UpdateRequest request) {
    return thrown_by([&] { service_.update(caller(), std::move(request), origin()); });
  }
  base::Error refused(PasswordChangeRequest request) {
    return thrown_by([&] { service_.change_password(caller(), std::move(request), origin()); });
  }

  doubles::FakeAccounts accounts_;
  FakeHasher hasher_;
  PasswordPolicy policy_{PasswordPolicyKind::kLength, 8, 72};
  doubles::FakeEvents events_;
  doubles::WatchedRevocations revocations_;
  AccountService service_{accounts_, hasher_, policy_, revocations_.watch, events_};
};

TEST_F(AccountServiceTest, ShowsTheUserOfALiveSession) {
  EXPECT_EQ(service_.find(caller()).username, "ada");
  EXPECT_EQ(accounts_.asked_by->session_id, doubles::uuid());
}

TEST_F(AccountServiceTest, OnlyALiveCallerIsServed) {
  const auto expect_code = [this](ErrorCode code) {
    EXPECT_EQ(thrown_by([&] { service_.find(caller()); }).code(), code);
    EXPECT_EQ(thrown_by([&] { service_.deactivate(caller(), origin()); }).code(), code);
    EXPECT_EQ(refused(passwords(kCurrent, kNew)).code(), code);
  };
  accounts_.standing = db::Standing::kEnded;
  expect_code(ErrorCode::kTokenRevoked);
  accounts_.standing = db::Standing::kInactive;
  expect_code(ErrorCode::kUserInactive);
  EXPECT_EQ(hasher_.verifications, 0);
}

TEST_F(AccountServiceTest, ChangesWhatIsGivenAndKeepsTheRest) {
  EXPECT_EQ(service_.update(caller(), change("Ada@b.co", std::nullopt), origin()).id, 42);
  EXPECT_EQ(accounts_.last_change->email, "Ada@b.co");
  EXPECT_EQ(accounts_.last_change->username, std::nullopt);
  service_.update(caller(), change(std::nullopt, "ada2"), origin());
  EXPECT_EQ(accounts_.last_change->email, std::nullopt);
  EXPECT_EQ(accounts_.last_change->username, "ada2");
}

TEST_F(AccountServiceTest, NamesEveryFaultOfAChange) {
  EXPECT_EQ(doubles::names_of(refused(change("x", "-b-")).fields()),
            (Names{"email:invalid", "username:invalid_characters"}));
  EXPECT_EQ(doubles::names_of(refused(change(std::nullopt, std::nullopt)).fields()),
            Names{"email:required"});
  UpdateRequest unreadable = change(std::nullopt, std::nullopt);
  unreadable.faults = {{"username", "wrong_type", ""}};
  EXPECT_EQ(doubles::names_of(refused(std::move(unreadable)).fields()),
            Names{"username:wrong_type"});
  EXPECT_FALSE(accounts_.last_change);
}

TEST_F(AccountServiceTest, EveryOutcomeOfAChangeHasItsCode) {
  const auto error_of = [this](db::UpdateOutcome outcome) {
    accounts_.update_outcome = outcome;
    return refused(change(std::nullopt, "ada2"));
  };
  const base::Error email = error_of(db::UpdateOutcome::kEmailTaken);
  EXPECT_EQ(email.code(), ErrorCode::kUserAlreadyExists);
  EXPECT_EQ(email.detail(), "The email is already taken");
  const base::Error username = error_of(db::UpdateOutcome::kUsernameTaken);
  EXPECT_EQ(username.code(), ErrorCode::kUserAlreadyExists);
  EXPECT_EQ(username.detail(), "The username is already taken");
  EXPECT_EQ(error_of(db::UpdateOutcome::kEnded).code(), ErrorCode::kTokenRevoked);
  EXPECT_EQ(error_of(db::UpdateOutcome::kInactive).code(), ErrorCode::kUserInactive);
}

TEST_F(AccountServiceTest, Deactivates) {
  service_.deactivate(caller(), origin());
  EXPECT_EQ(accounts_.deactivated->user_id, 42);
}

TEST_F(AccountServiceTest, ChangesThePassword) {
  service_.change_password(caller(), passwords(kCurrent, kNew), origin());
  EXPECT_EQ(accounts_.last_verified_hash, FakeHasher::hash_of(kCurrent));
  EXPECT_EQ(accounts_.last_new_hash, FakeHasher::hash_of(kNew));
  EXPECT_TRUE(accounts_.password_failures.empty());
}

TEST_F(AccountServiceTest, AWrongCurrentPasswordIsRecorded) {
  EXPECT_EQ(refused(passwords("wrong", kNew)).code(), ErrorCode::kInvalidCredentials);
  EXPECT_EQ(accounts_.password_failures, Names{"wrong_password"});
  EXPECT_EQ(hasher_.hashes, 0);
  EXPECT_EQ(accounts_.last_new_hash, "");
}

TEST_F(AccountServiceTest, TheNewPasswordIsHeldToThePolicy) {
  EXPECT_EQ(doubles::names_of(refused(passwords(kCurrent, "short")).fields()),
            Names{"new_password:too_short"});
  EXPECT_EQ(doubles::names_of(refused(passwords(kCurrent, "ada@EXAMPLE.com")).fields()),
            Names{"new_password:same_as_name"});
  EXPECT_EQ(hasher_.verifications, 0);
}

TEST_F(AccountServiceTest, AnAttemptThatCameTooSoonCostsNoHash) {
  accounts_.retry_after_ms = 2500;
  const base::Error error = refused(passwords(kCurrent, kNew));
  EXPECT_EQ(error.code(), ErrorCode::kTooManyRequests);
  EXPECT_EQ(error.retry_after_s(), 3);
  EXPECT_EQ(hasher_.verifications, 0);
  EXPECT_EQ(events_.counted, std::vector{base::Event::kPasswordChangeThrottled});
  EXPECT_TRUE(accounts_.password_failures.empty());
}

TEST_F(AccountServiceTest, OnlyARequestThatChecksThePasswordIsAnAttempt) {
  accounts_.retry_after_ms = 2500;
  EXPECT_EQ(refused(passwords(kCurrent, "short")).code(), ErrorCode::kValidationError);
  EXPECT_EQ(refused(PasswordChangeRequest{.current_password = std::nullopt,
                                          .new_password = base::Secret(kNew),
                                          .faults = {{"current_password", "required", ""}}})
                .code(),
            ErrorCode::kValidationError);
  EXPECT_EQ(accounts_.attempts, 0);
  refused(passwords(kCurrent, kNew));
  EXPECT_EQ(accounts_.attempts, 1);
}

TEST_F(AccountServiceTest, NamesEveryFaultOfAPasswordChange) {
  PasswordChangeRequest request{.current_password = std::nullopt,
                                .new_password = base::Secret(std::string_view("short")),
                                .faults = {{"current_password", "required", ""}}};
  EXPECT_EQ(doubles::names_of(refused(std::move(request)).fields()),
            (Names{"current_password:required", "new_password:too_short"}));
  PasswordChangeRequest empty;
  empty.faults = {{"new_password", "required", ""}, {"current_password", "required", ""}};
  EXPECT_EQ(refused(std::move(empty)).fields().size(), 2U);
}

TEST_F(AccountServiceTest, EveryOutcomeOfAPasswordChangeHasItsCode) {
  const auto code_of = [this](db::PasswordOutcome outcome) {
    accounts_.password_outcome = outcome;
    return refused(passwords(kCurrent, kNew)).code();
  };
  EXPECT_EQ(code_of(db::PasswordOutcome::kConflict), ErrorCode::kInvalidCredentials);
  EXPECT_EQ(accounts_.password_failures, Names{"hash changed meanwhile"});
  EXPECT_EQ(code_of(db::PasswordOutcome::kEnded), ErrorCode::kTokenRevoked);
  EXPECT_EQ(code_of(db::PasswordOutcome::kInactive), ErrorCode::kUserInactive);
}

}  // namespace
}  // namespace latchkey::service
