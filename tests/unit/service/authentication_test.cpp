// SPDX-License-Identifier: Apache-2.0
#include "service/authentication.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "doubles/captured_log.h"
#include "doubles/fake_clock.h"
#include "doubles/fake_events.h"
#include "doubles/fake_hasher.h"
#include "doubles/fake_logins.h"
#include "doubles/fake_random.h"
#include "doubles/thrown_error.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;
using doubles::FakeHasher;
using doubles::FakeLogins;
using doubles::thrown_by;
using Names = std::vector<std::string>;

constexpr std::string_view kPassword = "correct horse";

class AuthenticationTest : public ::testing::Test {
 protected:
  static RegistrationRequest registration(std::string_view password = kPassword) {
    return {.email = "Ada@example.com",
            .username = "Ada",
            .password = base::Secret(password),
            .faults = {}};
  }
  static LoginRequest login(std::string_view password = kPassword) {
    return {
        .email = std::nullopt, .username = "ada", .password = base::Secret(password), .faults = {}};
  }
  static db::Credential credential(std::string_view hash) {
    return {.user_id = 42, .password_hash = std::string(hash), .is_active = true};
  }

  base::Error refused(RegistrationRequest request) {
    return thrown_by([&] { authentication_.register_user(std::move(request), doubles::origin()); });
  }
  base::Error refused(LoginRequest request) {
    return thrown_by([&] { authentication_.log_in(std::move(request), doubles::origin()); });
  }

  FakeLogins logins_;
  FakeHasher hasher_;
  PasswordPolicy policy_{PasswordPolicyKind::kLength, 8, 72};
  doubles::FakeRandom random_;
  doubles::FakeClock clock_;
  doubles::FakeEvents events_;
  Authentication authentication_{{.logins = logins_,
                                  .hasher = hasher_,
                                  .policy = policy_,
                                  .random = random_,
                                  .clock = clock_,
                                  .events = events_,
                                  .session_ttl_s = 604'800}};
};

// ---- what is counted

TEST_F(AuthenticationTest, EachOutcomeIsCountedOnce) {
  const auto counted_by = [this](const auto& action) {
    events_.counted.clear();
    try {
      action();
    } catch (const base::Error&) {  // the outcome is what counts
    }
    return events_.counted;
  };
  const auto log_in = [this](LoginRequest request) {
    authentication_.log_in(std::move(request), doubles::origin());
  };
  using Counted = std::vector<base::Event>;
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  EXPECT_EQ(counted_by([&] { log_in(login()); }), Counted{base::Event::kLoginSucceeded});
  EXPECT_EQ(counted_by([&] { log_in(login("wrong")); }), Counted{base::Event::kLoginRefused});
  logins_.credential->is_active = false;
  EXPECT_EQ(counted_by([&] { log_in(login()); }), Counted{base::Event::kLoginInactive});
  logins_.credential.reset();
  EXPECT_EQ(counted_by([&] { log_in(login()); }), Counted{base::Event::kLoginRefused});
  logins_.retry_after_ms = 1;
  EXPECT_EQ(counted_by([&] { log_in(login()); }), Counted{base::Event::kLoginThrottled});

  const auto register_user = [this] {
    authentication_.register_user(registration(), doubles::origin());
  };
  EXPECT_EQ(counted_by(register_user), Counted{base::Event::kRegistered});
  logins_.taken.email = true;
  EXPECT_EQ(counted_by(register_user), Counted{base::Event::kRegistrationTaken});
}

// ---- registration

TEST_F(AuthenticationTest, RegistersAUserAsTyped) {
  const db::Grant grant = authentication_.register_user(registration(), doubles::origin());
  EXPECT_EQ(grant.user.id, 42);
  EXPECT_EQ(logins_.registered_email, "Ada@example.com");
  EXPECT_EQ(logins_.registered_username, "Ada");
  EXPECT_EQ(logins_.registered_hash, FakeHasher::hash_of(kPassword));
  ASSERT_TRUE(logins_.new_session);
  EXPECT_EQ(logins_.new_session->ttl_s, 604'800);
  EXPECT_EQ(logins_.new_session->id.text(), "019c7573-bc83-7607-8809-0a0b0c0d0e0f");
  EXPECT_EQ(logins_.last_origin->ip, "192.0.2.1");
}

TEST_F(AuthenticationTest, NamesEveryFaultOfARegistration) {
  RegistrationRequest request = registration("short");
  request.email = "no email";
  request.username = "-";
  request.faults.push_back({"other", "required", ""});
  const base::Error error = refused(std::move(request));
  EXPECT_EQ(error.code(), ErrorCode::kValidationError);
  EXPECT_EQ(doubles::names_of(error.fields()),
            (Names{"email:invalid", "other:required", "password:too_short",
                   "username:invalid_characters", "username:too_short"}));
  EXPECT_EQ(logins_.taken_lookups, 0);
  EXPECT_EQ(hasher_.hashes, 0);
}

TEST_F(AuthenticationTest, FieldsThatCouldNotBeReadAreFaultsAlready) {
  RegistrationRequest request;
  request.faults = {{"email", "required", ""}, {"password", "wrong_type", ""}};
  EXPECT_EQ(doubles::names_of(refused(std::move(request)).fields()),
            (Names{"email:required", "password:wrong_type"}));
}

TEST_F(AuthenticationTest, APasswordMayNotBeTheName) {
  RegistrationRequest request = registration("ADA@example.com");
  EXPECT_EQ(doubles::names_of(refused(std::move(request)).fields()),
            Names{"password:same_as_name"});
}

TEST_F(AuthenticationTest, ATakenNameCostsNoHash) {
  const auto detail_for = [this](bool email, bool username) {
    logins_.taken = {.email = email, .username = username};
    const base::Error error = refused(registration());
    EXPECT_EQ(error.code(), ErrorCode::kUserAlreadyExists);
    return error.detail();
  };
  EXPECT_EQ(detail_for(true, false), "The email is already taken");
  EXPECT_EQ(detail_for(false, true), "The username is already taken");
  EXPECT_EQ(detail_for(true, true), "The email and the username are already taken");
  EXPECT_EQ(hasher_.hashes, 0);
}

TEST_F(AuthenticationTest, ANameTakenDuringTheHashIsToldTheSameWay) {
  logins_.registration = {db::RegisterOutcome::kEmailTaken, std::nullopt};
  EXPECT_EQ(refused(registration()).detail(), "The email is already taken");
  logins_.registration = {db::RegisterOutcome::kUsernameTaken, std::nullopt};
  const base::Error error = refused(registration());
  EXPECT_EQ(error.code(), ErrorCode::kUserAlreadyExists);
  EXPECT_EQ(error.detail(), "The username is already taken");
  EXPECT_EQ(hasher_.hashes, 2);
}

// ---- login

TEST_F(AuthenticationTest, LogsInByEitherName) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  EXPECT_EQ(authentication_.log_in(login(), doubles::origin()).session.counter, 3);
  LoginRequest by_email = login();
  by_email.email.swap(by_email.username);
  authentication_.log_in(std::move(by_email), doubles::origin());
  ASSERT_EQ(logins_.asked_names.size(), 2U);
  EXPECT_EQ(logins_.asked_names[0].username, "ada");
  EXPECT_EQ(logins_.asked_names[0].email, std::nullopt);
  EXPECT_EQ(logins_.asked_names[1].email, "ada");
  EXPECT_EQ(logins_.asked_names[1].username, std::nullopt);
  EXPECT_EQ(logins_.successes[0],
            (FakeLogins::Success{42, FakeHasher::hash_of(kPassword), std::nullopt}));
  EXPECT_EQ(logins_.new_session->ttl_s, 604'800);
  EXPECT_TRUE(logins_.failures.empty());
}

TEST_F(AuthenticationTest, AnUnknownUserCostsAHashAndIsRecorded) {
  const base::Error error = refused(login());
  EXPECT_EQ(error.code(), ErrorCode::kInvalidCredentials);
  EXPECT_EQ(hasher_.empty_verifications, 1);
  EXPECT_EQ(hasher_.verifications, 0);
  EXPECT_EQ(logins_.failures, (std::vector<FakeLogins::Failure>{{std::nullopt, "unknown_user"}}));
}

TEST_F(AuthenticationTest, AWrongPasswordLooksLikeAnUnknownUser) {
  const base::Error unknown = refused(login());
  logins_.credential = credential(FakeHasher::hash_of("another"));
  const base::Error wrong = refused(login());
  EXPECT_EQ(wrong.code(), unknown.code());
  EXPECT_EQ(wrong.detail(), unknown.detail());
  EXPECT_EQ(hasher_.verifications, 1);
  EXPECT_EQ(hasher_.empty_verifications, 1);
  EXPECT_EQ(logins_.failures.at(1), (FakeLogins::Failure{42, "wrong_password"}));
  EXPECT_TRUE(logins_.successes.empty());
}

TEST_F(AuthenticationTest, OnlyTheRightPasswordTellsThatAUserIsInactive) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  logins_.credential->is_active = false;
  EXPECT_EQ(refused(login("wrong")).code(), ErrorCode::kInvalidCredentials);
  EXPECT_EQ(refused(login()).code(), ErrorCode::kUserInactive);
  EXPECT_EQ(logins_.failures,
            (std::vector<FakeLogins::Failure>{{42, "wrong_password"}, {42, "inactive"}}));
}

TEST_F(AuthenticationTest, AUserDeactivatedDuringTheHashIsInactive) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  logins_.login_answer = {db::LoginOutcome::kInactive, std::nullopt, std::nullopt};
  EXPECT_EQ(refused(login()).code(), ErrorCode::kUserInactive);
}

TEST_F(AuthenticationTest, AnOldHashIsReplaced) {
  logins_.credential = credential(FakeHasher::old_hash_of(kPassword));
  authentication_.log_in(login(), doubles::origin());
  ASSERT_EQ(logins_.successes.size(), 1U);
  EXPECT_EQ(logins_.successes[0], (FakeLogins::Success{42, FakeHasher::old_hash_of(kPassword),
                                                       FakeHasher::hash_of(kPassword)}));
}

TEST_F(AuthenticationTest, APasswordThatNoNewHashCanHoldKeepsItsOldOne) {
  const std::string long_password(73, 'x');
  logins_.credential = credential(FakeHasher::old_hash_of(long_password));
  authentication_.log_in(login(long_password), doubles::origin());
  EXPECT_EQ(logins_.successes.at(0).new_hash, std::nullopt);
  EXPECT_EQ(hasher_.hashes, 0);
}

TEST_F(AuthenticationTest, AHashThatCannotBeUsedIsAWrongPasswordAndALogLine) {
  const doubles::CapturedLog log;
  logins_.credential = credential("*0");
  EXPECT_EQ(refused(login()).code(), ErrorCode::kInvalidCredentials);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0].find_string("level"), "WARNING");
  EXPECT_EQ(log.lines()[0].find_integer("user_id"), 42);
}

// Two logins at once, both of which want to replace an old hash: the second finds it replaced. It
// is one attempt, and leaves no failure behind.
TEST_F(AuthenticationTest, ALoginBesideARehashIsNotRefused) {
  logins_.credential = credential(FakeHasher::old_hash_of(kPassword));
  logins_.login_answer = {db::LoginOutcome::kChanged, std::nullopt, FakeHasher::hash_of(kPassword)};
  logins_.later_login = db::Login{db::LoginOutcome::kLoggedIn, doubles::grant(), std::nullopt};
  EXPECT_EQ(authentication_.log_in(login(), doubles::origin()).user.id, 42);
  ASSERT_EQ(logins_.successes.size(), 2U);
  EXPECT_EQ(logins_.successes[1],
            (FakeLogins::Success{42, FakeHasher::hash_of(kPassword), std::nullopt}));
  EXPECT_EQ(logins_.asked_names.size(), 1U);
  EXPECT_TRUE(logins_.failures.empty());
}

TEST_F(AuthenticationTest, ALoginWithThePasswordOfBeforeAChangeIsRefused) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  logins_.login_answer = {db::LoginOutcome::kChanged, std::nullopt,
                          FakeHasher::hash_of("changed meanwhile")};
  EXPECT_EQ(refused(login()).code(), ErrorCode::kInvalidCredentials);
  EXPECT_EQ(logins_.failures, (std::vector<FakeLogins::Failure>{{42, "wrong_password"}}));
}

TEST_F(AuthenticationTest, AUserThatIsGoneAfterTheHashIsUnknown) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  logins_.login_answer = {db::LoginOutcome::kChanged, std::nullopt, std::nullopt};
  EXPECT_EQ(refused(login()).code(), ErrorCode::kInvalidCredentials);
  EXPECT_EQ(logins_.failures, (std::vector<FakeLogins::Failure>{{std::nullopt, "unknown_user"}}));
}

TEST_F(AuthenticationTest, AHashThatKeepsChangingIsGivenUp) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  logins_.login_answer = {db::LoginOutcome::kChanged, std::nullopt, FakeHasher::hash_of(kPassword)};
  EXPECT_EQ(refused(login()).code(), ErrorCode::kInvalidCredentials);
  EXPECT_EQ(logins_.successes.size(), 2U);
  EXPECT_EQ(logins_.failures,
            (std::vector<FakeLogins::Failure>{{42, "hash changed during login"}}));
}

// ---- attempts that come too soon

TEST_F(AuthenticationTest, AnAttemptThatCameTooSoonCostsNoHash) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  logins_.retry_after_ms = 1001;
  const base::Error error = refused(login());
  EXPECT_EQ(error.code(), ErrorCode::kTooManyRequests);
  EXPECT_EQ(error.retry_after_s(), 2);  // whole seconds, and then it is time
  logins_.retry_after_ms = 1000;
  EXPECT_EQ(refused(login()).retry_after_s(), 1);
  EXPECT_EQ(hasher_.verifications + hasher_.empty_verifications, 0);
  EXPECT_TRUE(logins_.failures.empty());
  EXPECT_TRUE(logins_.successes.empty());
}

TEST_F(AuthenticationTest, SuccessNamesTheBucketThatIsForgotten) {
  logins_.credential = credential(FakeHasher::hash_of(kPassword));
  for (const bool is_counted : {true, false}) {
    logins_.bucket = "\\x0f";
    logins_.is_counted = is_counted;
    authentication_.log_in(login(), doubles::origin());
    EXPECT_EQ(logins_.successes.back().bucket, "\\x0f");
  }
}

TEST_F(AuthenticationTest, AFailureIsCountedOnce) {
  logins_.bucket = "\\x0f";
  logins_.is_counted = true;
  refused(login());
  EXPECT_EQ(logins_.failures.back().uncounted_bucket, std::nullopt);
  logins_.credential = credential(FakeHasher::hash_of("another"));
  refused(login());
  EXPECT_EQ(logins_.failures.back().uncounted_bucket, std::nullopt);
  logins_.is_counted = false;
  refused(login());
  EXPECT_EQ(logins_.failures.back(), (FakeLogins::Failure{42, "wrong_password", "\\x0f"}));
}

TEST_F(AuthenticationTest, ALoginNeedsExactlyOneName) {
  LoginRequest neither = login();
  neither.username.reset();
  const base::Error none = refused(std::move(neither));
  EXPECT_EQ(none.code(), ErrorCode::kValidationError);
  EXPECT_EQ(doubles::names_of(none.fields()), Names{"username:required"});
  LoginRequest both = login();
  both.email = "ada@example.com";
  EXPECT_EQ(doubles::names_of(refused(std::move(both)).fields()), Names{"username:conflict"});
  EXPECT_TRUE(logins_.asked_names.empty());
}

// {}: an answer names the missing name beside the missing password.
TEST_F(AuthenticationTest, AnEmptyLoginLacksBothNameAndPassword) {
  LoginRequest empty;
  empty.faults = {{"password", "required", ""}};
  EXPECT_EQ(doubles::names_of(refused(std::move(empty)).fields()),
            (Names{"password:required", "username:required"}));
}

TEST_F(AuthenticationTest, ANameOfTheWrongTypeIsNotMissingToo) {
  LoginRequest request;
  request.password = base::Secret(kPassword);
  request.faults = {{"email", "wrong_type", ""}};
  EXPECT_EQ(doubles::names_of(refused(std::move(request)).fields()), Names{"email:wrong_type"});
}

TEST_F(AuthenticationTest, ANameOfALoginHasABound) {
  LoginRequest request = login();
  request.username = std::string(254, 'a');
  EXPECT_EQ(refused(std::move(request)).code(), ErrorCode::kInvalidCredentials);
  request = login();
  request.username = std::string(255, 'a');
  EXPECT_EQ(doubles::names_of(refused(std::move(request)).fields()), Names{"username:too_long"});
  request = login();
  request.username.reset();
  request.email = std::string(255, 'a');
  EXPECT_EQ(doubles::names_of(refused(std::move(request)).fields()), Names{"email:too_long"});
}

}  // namespace
}  // namespace latchkey::service
