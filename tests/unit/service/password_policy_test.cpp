// SPDX-License-Identifier: Apache-2.0
#include "service/password_policy.h"

#include <string>

#include <gtest/gtest.h>

#include "doubles/made_blocklist.h"
#include "doubles/thrown_error.h"

namespace latchkey::service {
namespace {

using Names = std::vector<std::string>;

constexpr PasswordOwner kOwner{.email = "Ada.L@example.com", .username = "ada-lovelace"};

Names faults_of(std::string_view password, PasswordPolicyKind kind = PasswordPolicyKind::kLength) {
  Faults faults;
  PasswordPolicy(kind, 8, 72).check("password", password, kOwner, faults);
  return doubles::names_of(faults);
}

std::string times(int count, std::string_view piece) {
  std::string out;
  for (int i = 0; i < count; ++i) out += piece;
  return out;
}

TEST(PasswordPolicy, CountsCodePointsFromBelow) {
  EXPECT_EQ(faults_of("1234567"), Names{"password:too_short"});
  EXPECT_EQ(faults_of("12345678"), Names{});
  EXPECT_EQ(faults_of(times(7, "\xC3\xA9")), Names{"password:too_short"});  // 14 bytes
  EXPECT_EQ(faults_of(times(8, "\xC3\xA9")), Names{});
  EXPECT_EQ(faults_of(times(7, "\xF0\x9F\x98\x80")), Names{"password:too_short"});  // 28 bytes
}

TEST(PasswordPolicy, CountsBytesFromAbove) {
  EXPECT_EQ(faults_of(times(72, "x")), Names{});
  EXPECT_EQ(faults_of(times(73, "x")), Names{"password:too_long"});
  EXPECT_EQ(faults_of(times(36, "\xC3\xA9")), Names{});
  EXPECT_EQ(faults_of(times(36, "\xC3\xA9") + "x"), Names{"password:too_long"});  // 37 characters
}

TEST(PasswordPolicy, KeepsWhiteSpace) {
  EXPECT_EQ(faults_of("        "), Names{});
  EXPECT_EQ(faults_of("\t pass  "), Names{});
}

TEST(PasswordPolicy, RefusesTheNamesOfTheOwner) {
  EXPECT_EQ(faults_of("Ada.L@example.com"), Names{"password:same_as_name"});
  EXPECT_EQ(faults_of("ADA.l@EXAMPLE.com"), Names{"password:same_as_name"});
  EXPECT_EQ(faults_of("ada-lovelace"), Names{"password:same_as_name"});
  EXPECT_EQ(faults_of("Ada-Lovelace"), Names{"password:same_as_name"});
  EXPECT_EQ(faults_of("ada-lovelace!"), Names{});
}

TEST(PasswordPolicy, CompositionAsksForThreeKinds) {
  const auto kind = PasswordPolicyKind::kComposition;
  EXPECT_EQ(faults_of("Abcdefg1", kind), Names{});
  for (const std::string_view password : {"abcdefg1", "ABCDEFG1", "Abcdefgh", "12345678",
                                          "\xC3\x89"
                                          "bcdefg1"}) {
    EXPECT_EQ(faults_of(password, kind), Names{"password:composition"}) << password;
  }
  EXPECT_EQ(faults_of("abcdefgh"), Names{});
}

TEST(PasswordPolicy, StrengthAsksForAScore) {
  const auto faults = [](std::string_view password, int min_score) {
    Faults found;
    PasswordPolicy(PasswordPolicyKind::kStrength, 8, 72, min_score)
        .check("password", password, kOwner, found);
    return doubles::names_of(found);
  };
  for (const std::string_view weak :
       {"password1", "Passw0rd", "qwertyuiop", "aaaaaaaaaaaa", "12345678901234", "1987-06-05"}) {
    EXPECT_EQ(faults(weak, 3), Names{"password:too_weak"}) << weak;
    EXPECT_EQ(faults(weak, 0), Names{}) << weak;
  }
  EXPECT_EQ(faults("correct horse battery staple", 4), Names{});
  EXPECT_EQ(faults("rWibMFACxAUGZmxhVncy", 4), Names{});
  EXPECT_EQ(faults(times(1000, "correct horse"), 4), Names{"password:too_long"});
}

// What is strong for others is weak for whoever bears the name.
TEST(PasswordPolicy, NamesOfTheOwnerAreNoStrength) {
  const auto is_weak = [](std::string_view password, const PasswordOwner& owner) {
    Faults found;
    PasswordPolicy(PasswordPolicyKind::kStrength, 8, 72, 3)
        .check("password", password, owner, found);
    return !found.empty();
  };
  const PasswordOwner stranger{.email = "x@example.com", .username = "somebody"};
  const PasswordOwner owner{.email = "zyxqwvort.plim@brustwerk.example", .username = "kryptomnes"};
  for (const std::string_view password :
       {"kryptomnes1", "Kryptomnes!", "zyxqwvort.plim7", "Brustwerk2", "senmotpyrk"}) {
    EXPECT_FALSE(is_weak(password, stranger)) << password;
    EXPECT_TRUE(is_weak(password, owner)) << password;
  }
}

TEST(PasswordPolicy, RefusesWhatTheBlocklistHas) {
  const doubles::MadeBlocklist file({"Sunshine99", "letmein!!"});
  const crypto::Blocklist blocklist(file.path());
  const auto faults = [&blocklist](std::string_view password) {
    Faults found;
    PasswordPolicy(PasswordPolicyKind::kLength, 8, 72, 0, &blocklist)
        .check("password", password, kOwner, found);
    return doubles::names_of(found);
  };
  EXPECT_EQ(faults("Sunshine99"), Names{"password:too_common"});
  EXPECT_EQ(faults("sunshine99"), Names{"password:too_common"});
  EXPECT_EQ(faults("SUNSHINE99"), Names{"password:too_common"});
  EXPECT_EQ(faults("letmein!!"), Names{"password:too_common"});
  EXPECT_EQ(faults("sunshine98"), Names{});
  EXPECT_EQ(faults_of("sunshine99"), Names{}) << "without a list";
}

TEST(PasswordPolicy, NamesEveryFaultByTheFieldOfTheClient) {
  Faults faults;
  PasswordPolicy(PasswordPolicyKind::kComposition, 20, 10)
      .check("new_password", "ada-lovelace", kOwner, faults);
  EXPECT_EQ(doubles::names_of(faults),
            (Names{"new_password:composition", "new_password:same_as_name", "new_password:too_long",
                   "new_password:too_short"}));
  EXPECT_EQ(faults[0].message, "must have at least 20 characters");
  EXPECT_EQ(faults[1].message, "must have at most 10 bytes in UTF-8");
}

}  // namespace
}  // namespace latchkey::service
