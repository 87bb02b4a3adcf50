// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_hasher.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace latchkey::crypto {
namespace {

constexpr PasswordVerdict kMatched{.match = PasswordMatch::kMatch};
constexpr PasswordVerdict kMatchedButOld{.match = PasswordMatch::kMatch, .needs_rehash = true};
constexpr PasswordVerdict kWrong{};
constexpr PasswordVerdict kUnusable{.unusable_hash = true};

const PasswordScheme& bcrypt_row() { return *find_password_scheme("bcrypt"); }

TEST(SchemeHasherTest, TellsMatchMismatchAndOldHashesApart) {
  base::SystemRandom random;
  SchemeHasher hasher(bcrypt_row(), 4, random);
  const std::string stored = hasher.hash("correct horse");
  EXPECT_EQ(hasher.verify("correct horse", stored), kMatched);
  EXPECT_EQ(hasher.verify("wrong horse", stored), kWrong);

  SchemeHasher costlier(bcrypt_row(), 5, random);
  EXPECT_EQ(costlier.verify("correct horse", stored), kMatchedButOld);
  EXPECT_EQ(costlier.verify("wrong horse", stored), kWrong);
}

TEST(SchemeHasherTest, TellsAnUnusableHash) {
  base::SystemRandom random;
  SchemeHasher hasher(bcrypt_row(), 4, random);
  for (const std::string_view stored :
       {"", "*0", "!locked", "$2b$04$short", "abJnggxhB/yWI",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}) {
    EXPECT_EQ(hasher.verify("U*U", stored), kUnusable) << stored;
  }
}

// A row that only counts: how often, against what, was a password verified?
struct Call {
  std::string password;
  std::string stored;
};
std::vector<Call>& calls() {
  static std::vector<Call> list;
  return list;
}

const PasswordScheme& counting_row() {
  static const PasswordScheme row{
      .name = "counting",
      .prefixes = {},
      .max_password_bytes = 8,
      .min_cost = 1,
      .max_cost = 2,
      .is_usable = [](std::string_view) { return true; },
      .cost_of = [](std::string_view) { return 1; },
      .needs_rehash = [](std::string_view, int) { return false; },
      .hash = [](std::string_view, int, base::Random&) { return std::string("made"); },
      .verify =
          [](std::string_view password, std::string_view stored) {
            calls().push_back({std::string(password), std::string(stored)});
            return true;
          },
      .make_dummy = [](int cost, base::Random&) { return "dummy" + std::to_string(cost); },
  };
  return row;
}

// The time of a hash is spent whatever there is to check against.
TEST(SchemeHasherTest, AlwaysVerifiesOnce) {
  base::SystemRandom random;
  SchemeHasher hasher(counting_row(), 2, random);

  calls().clear();
  hasher.verify_nothing("password");
  ASSERT_EQ(calls().size(), 1U);
  EXPECT_EQ(calls()[0].password, "password");
  EXPECT_EQ(calls()[0].stored, "dummy2");

  calls().clear();
  // That the dummy "matches" in this row must not let anybody in.
  EXPECT_EQ(hasher.verify("password", "*0"), kUnusable);
  ASSERT_EQ(calls().size(), 1U);
  EXPECT_EQ(calls()[0].stored, "dummy2");
}

// The row of calls that a wrong password causes: against a hash of cost 4 where 6 is configured.
TEST(SchemeHasherTest, AWrongPasswordForACheaperHashTakesTheRestOfTheTime) {
  static std::vector<int> costs;
  static const PasswordScheme recording = [] {
    PasswordScheme row = bcrypt_row();
    row.verify = [](std::string_view password, std::string_view stored) {
      costs.push_back(bcrypt_row().cost_of(stored));
      return bcrypt_row().verify(password, stored);
    };
    return row;
  }();
  base::SystemRandom random;
  const std::string cheap = SchemeHasher(bcrypt_row(), 4, random).hash("correct horse");
  SchemeHasher hasher(recording, 6, random);
  // The stored hash is checked by the row of the registry; the rest by the configured row.
  EXPECT_EQ(hasher.verify("wrong horse", cheap), kWrong);
  EXPECT_EQ(costs, (std::vector<int>{4, 5}));
  costs.clear();
  EXPECT_EQ(hasher.verify("correct horse", cheap), kMatchedButOld);
  EXPECT_EQ(costs, (std::vector<int>{})) << "who knows the password learns nothing";
}

TEST(SchemeHasherTest, AsksForARehashIntoAnotherScheme) {
  base::SystemRandom random;
  const std::string stored = SchemeHasher(bcrypt_row(), 4, random).hash("correct horse");
  SchemeHasher hasher(counting_row(), 1, random);
  EXPECT_EQ(hasher.verify("correct horse", stored), kMatchedButOld);
}

TEST(SchemeHasherTest, KnowsItsLimits) {
  base::SystemRandom random;
  EXPECT_EQ(SchemeHasher(bcrypt_row(), 4, random).max_password_bytes(), 72U);
  EXPECT_THROW(SchemeHasher(bcrypt_row(), 3, random), base::Error);
  EXPECT_THROW(SchemeHasher(bcrypt_row(), 17, random), base::Error);
}

TEST(SchemeHasherTest, TakesItsSaltFromTheGivenRandomness) {
  class Fixed final : public base::Random {
   public:
    void fill(std::span<std::byte> bytes) override {
      for (std::byte& byte : bytes) byte = std::byte{0x10};
    }
  };
  Fixed random;
  SchemeHasher hasher(bcrypt_row(), 4, random);
  EXPECT_EQ(hasher.hash("correct horse"), hasher.hash("correct horse"));
  EXPECT_TRUE(hasher.hash("x").starts_with("$2b$04$C/.OC/.OC/.OC/.OC/.OC.")) << hasher.hash("x");
}

}  // namespace
}  // namespace latchkey::crypto
