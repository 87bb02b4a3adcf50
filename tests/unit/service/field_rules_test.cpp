// SPDX-License-Identifier: Apache-2.0
#include "service/field_rules.h"

#include <string>

#include <gtest/gtest.h>

#include "doubles/thrown_error.h"

namespace latchkey::service {
namespace {

using Names = std::vector<std::string>;

Names faults_of_username(std::string_view username) {
  Faults faults;
  check_username(username, faults);
  return doubles::names_of(faults);
}

Names faults_of_email(std::string_view email) {
  Faults faults;
  check_email(email, faults);
  return doubles::names_of(faults);
}

std::string times(std::size_t count, char byte) { return std::string(count, byte); }

TEST(UsernameRule, TakesWhatItSays) {
  for (const std::string& name : {std::string("abc"), std::string("0-0"), std::string("A.b_c-D"),
                                  std::string("a--"), times(50, 'a')}) {
    EXPECT_EQ(faults_of_username(name), Names{}) << name;
  }
}

TEST(UsernameRule, HoldsItsBounds) {
  EXPECT_EQ(faults_of_username("ab"), Names{"username:too_short"});
  EXPECT_EQ(faults_of_username(""), Names{"username:too_short"});
  EXPECT_EQ(faults_of_username(times(51, 'a')), Names{"username:too_long"});
}

TEST(UsernameRule, RefusesOtherCharacters) {
  for (const std::string& name :
       {std::string("-abc"), std::string(".abc"), std::string("_abc"), std::string("a b"),
        std::string("a@b"), std::string("abc "), std::string("ab\n"), std::string("ab\x7F"),
        std::string("na\xC3\xAFve"), std::string("ab/"), std::string("ab\0c", 4)}) {
    EXPECT_EQ(faults_of_username(name), Names{"username:invalid_characters"}) << name;
  }
}

TEST(UsernameRule, NamesEveryFault) {
  EXPECT_EQ(faults_of_username("-"), (Names{"username:invalid_characters", "username:too_short"}));
  EXPECT_EQ(faults_of_username(times(51, ' ')),
            (Names{"username:invalid_characters", "username:too_long"}));
}

TEST(EmailRule, TakesOrdinaryAddresses) {
  for (const std::string& email :
       {std::string("a@b.co"), std::string("Ada.Lovelace+tag@mail.example.com"),
        std::string("!#$%&'*+-/=?^_`{|}~@example.com"), std::string("a@1.2.com"),
        std::string("a@xn--bcher-kva.example"), std::string("a@b-c.d1"),
        times(242, 'a') + "@example.com", "a@" + times(248, 'b') + ".com"}) {
    EXPECT_EQ(faults_of_email(email), Names{}) << email;
  }
}

TEST(EmailRule, RefusesWhatIsNone) {
  for (const std::string& email : {std::string(""),
                                   std::string("@"),
                                   std::string("a"),
                                   std::string("a@"),
                                   std::string("@example.com"),
                                   std::string("a@b"),
                                   std::string("a@localhost"),
                                   std::string("a@b@example.com"),
                                   std::string("a b@example.com"),
                                   std::string("a@exam ple.com"),
                                   std::string(" a@example.com"),
                                   std::string("a@example.com "),
                                   std::string("a@example.com\n"),
                                   std::string("a\t@example.com"),
                                   std::string(".a@example.com"),
                                   std::string("a.@example.com"),
                                   std::string("a..b@example.com"),
                                   std::string("a@.example.com"),
                                   std::string("a@example.com."),
                                   std::string("a@example..com"),
                                   std::string("a@-example.com"),
                                   std::string("a@example-.com"),
                                   std::string("a@exa_mple.com"),
                                   std::string("a@127.0.0.1"),
                                   std::string("a@[127.0.0.1]"),
                                   std::string("\"a\"@example.com"),
                                   std::string("a(b)@example.com"),
                                   std::string("a,b@example.com"),
                                   std::string("<a@example.com>"),
                                   std::string("\xC3\xA9@example.com"),
                                   std::string("a@ex\xC3\xA4mple.com"),
                                   std::string("a\0@example.com", 14)}) {
    EXPECT_EQ(faults_of_email(email), Names{"email:invalid"}) << email;
  }
}

TEST(EmailRule, HoldsItsBound) {
  const std::string longest = times(242, 'a') + "@example.com";
  ASSERT_EQ(longest.size(), kMaxEmailBytes);
  EXPECT_EQ(faults_of_email(longest), Names{});
  EXPECT_EQ(faults_of_email("a" + longest), Names{"email:too_long"});
  EXPECT_EQ(faults_of_email(times(255, ' ')), Names{"email:too_long"});
}

TEST(FieldRules, NoMessageRepeatsTheValue) {
  Faults faults;
  check_username("hunter2 ", faults);
  check_email("hunter2", faults);
  ASSERT_EQ(faults.size(), 2U);
  for (const auto& fault : faults) EXPECT_EQ(fault.message.find("hunter2"), std::string::npos);
}

TEST(FieldRules, ThrowsAllFaultsAtOnce) {
  EXPECT_NO_THROW(throw_if_any({}));
  const base::Error error = doubles::thrown_by([] {
    throw_if_any({{"a", "x", "m"}, {"b", "y", "n"}});
  });
  EXPECT_EQ(error.code(), base::ErrorCode::kValidationError);
  EXPECT_EQ(doubles::names_of(error.fields()), (Names{"a:x", "b:y"}));
}

}  // namespace
}  // namespace latchkey::service
