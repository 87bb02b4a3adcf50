// SPDX-License-Identifier: Apache-2.0
#include "service/administration.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "doubles/fake_hasher.h"
#include "doubles/fake_users.h"
#include "doubles/records.h"
#include "doubles/thrown_error.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;
using base::Secret;
using doubles::names_of;
using doubles::thrown_by;
using Strings = std::vector<std::string>;

class AdministrationTest : public ::testing::Test {
 protected:
  AdministrationTest() { users_.users = {doubles::user()}; }

  doubles::FakeUsers users_;
  doubles::FakeHasher hasher_;
  PasswordPolicy policy_{PasswordPolicyKind::kLength, 8, 72};
  Administration administration_{{users_, hasher_, policy_, "cli:root"}};
};

TEST(UserKeyTest, IsAnIdOrAnEmailOrAUsername) {
  EXPECT_EQ(parse_user_key("id:42").id, 42);
  EXPECT_EQ(parse_user_key("a@b.co").email, "a@b.co");
  EXPECT_EQ(parse_user_key("ada").username, "ada");
  EXPECT_EQ(parse_user_key("42").username, "42");
  for (const std::string_view text :
       {"id:", "id:0", "id:-1", "id:4x", "id: 4", "id:99999999999999999999"})
    EXPECT_EQ(thrown_by([&] { (void)parse_user_key(text); }).code(), ErrorCode::kNotFound) << text;
  for (const std::string_view text : {std::string_view("a\0b", 3), std::string_view("\xFF")})
    EXPECT_EQ(thrown_by([&] { (void)parse_user_key(text); }).code(), ErrorCode::kNotFound);
}

TEST_F(AdministrationTest, AListComesInPages) {
  users_.users.clear();
  for (int id = 1; id <= 2500; ++id) {
    db::User user = doubles::user();
    user.id = id;
    users_.users.push_back(user);
  }
  std::vector<std::int64_t> seen;
  const auto visit = [&seen](const db::User& user) { seen.push_back(user.id); };
  administration_.list({}, 0, visit);
  EXPECT_EQ(seen.size(), 2500U);
  EXPECT_EQ(users_.limits, (std::vector<std::int32_t>{1000, 1000, 1000}));
  seen.clear();
  users_.limits.clear();
  administration_.list({}, 1200, visit);
  EXPECT_EQ(seen.size(), 1200U);
  EXPECT_EQ(users_.limits, (std::vector<std::int32_t>{1000, 200}));
}

TEST_F(AdministrationTest, ANewUserObeysTheRulesOfRegistration) {
  EXPECT_EQ(administration_.create("a@b.co", "ada", Secret(std::string_view("long enough"))), 7);
  EXPECT_EQ(users_.deeds, Strings{"create a@b.co ada new:long enough by cli:root"});

  const auto faults = [this](std::string_view email, std::string_view name,
                             std::string_view password) {
    return names_of(
        thrown_by([&] { administration_.create(email, name, Secret(password)); }).fields());
  };
  EXPECT_EQ(faults("a@b", "x", "short"),
            (Strings{"email:invalid", "password:too_short", "username:too_short"}));
  EXPECT_EQ(faults("a@b.co", "longenough", "LONGENOUGH"), Strings{"password:same_as_name"});
  EXPECT_EQ(faults("a@b.co", "ada", "not UTF-8 \xFF"), Strings{"password:invalid"});
  EXPECT_EQ(faults("a@b.co", "ada", std::string_view("with a \0 in it", 14)),
            Strings{"password:invalid"});
  EXPECT_EQ(users_.deeds.size(), 1U) << "what is wrong is not asked for";

  for (const auto outcome : {db::CreateOutcome::kEmailTaken, db::CreateOutcome::kUsernameTaken}) {
    users_.creation = {outcome};
    EXPECT_EQ(thrown_by([&] {
                administration_.create("a@b.co", "ada", Secret(std::string_view("long enough")));
              }).code(),
              ErrorCode::kUserAlreadyExists);
  }
}

// Before somebody types a password: what create() would refuse for the names alone.
TEST_F(AdministrationTest, SaysWhatIsWrongWithNamesWithoutAPassword) {
  administration_.check_names("a@b.co", "bob");
  EXPECT_EQ(names_of(thrown_by([&] { administration_.check_names("a@b", "x"); }).fields()),
            (Strings{"email:invalid", "username:too_short"}));
  for (const auto& [email, name] :
       {std::pair{"Ada@example.com", "bob"}, std::pair{"a@b.co", "ada"}}) {
    EXPECT_EQ(thrown_by([&] { administration_.check_names(email, name); }).code(),
              ErrorCode::kUserAlreadyExists);
  }
  EXPECT_TRUE(users_.deeds.empty());
}

TEST_F(AdministrationTest, ActivatesAndDeactivates) {
  EXPECT_EQ(administration_.deactivate("ada"), 2);
  EXPECT_TRUE(administration_.activate("Ada@example.com"));
  EXPECT_EQ(users_.deeds, (Strings{"deactivate 42 by cli:root", "activate 42 by cli:root"}));
  users_.active_change = {db::ActiveOutcome::kUnchanged};
  EXPECT_EQ(administration_.deactivate("ada"), -1);
  EXPECT_FALSE(administration_.activate("ada"));
  users_.active_change = {db::ActiveOutcome::kNotFound};
  EXPECT_EQ(thrown_by([&] { administration_.deactivate("ada"); }).code(), ErrorCode::kNotFound);
}

TEST_F(AdministrationTest, ResetsAPassword) {
  EXPECT_EQ(administration_.reset_password("id:42", Secret(std::string_view("long enough"))), 3);
  EXPECT_EQ(users_.deeds, Strings{"reset 42 new:long enough by cli:root"});
  EXPECT_EQ(names_of(thrown_by([&] {
                       administration_.reset_password("ada",
                                                      Secret(std::string_view("ADA@example.com")));
                     }).fields()),
            Strings{"password:same_as_name"});
  users_.ended = std::nullopt;
  EXPECT_EQ(thrown_by([&] {
              administration_.reset_password("ada", Secret(std::string_view("long enough")));
            }).code(),
            ErrorCode::kNotFound);
}

TEST_F(AdministrationTest, EndsSessions) {
  administration_.revoke_session("ada", doubles::kSessionId);
  EXPECT_EQ(administration_.revoke_sessions("ada"), 3);
  EXPECT_EQ(users_.deeds, (Strings{std::string("revoke ") + doubles::kSessionId + " 42 by cli:root",
                                   "revoke 42 by cli:root"}));
  EXPECT_TRUE(administration_.list_sessions("ada", 5).empty());
  EXPECT_EQ(administration_.list_events("ada", 6).at(0).event, "logged_in");
  EXPECT_EQ(users_.limits.back(), 6);
  EXPECT_EQ(thrown_by([&] { administration_.revoke_session("ada", "no uuid"); }).code(),
            ErrorCode::kNotFound);
  users_.ended = std::nullopt;
  EXPECT_EQ(thrown_by([&] { administration_.revoke_session("ada", doubles::kSessionId); }).code(),
            ErrorCode::kNotFound);
}

TEST_F(AdministrationTest, NobodyIsNobody) {
  for (const char* const name : {"nobody", "no@example.com", "id:1"})
    EXPECT_EQ(thrown_by([&] { (void)administration_.find(name); }).code(), ErrorCode::kNotFound);
  EXPECT_TRUE(users_.deeds.empty());
}

}  // namespace
}  // namespace latchkey::service
