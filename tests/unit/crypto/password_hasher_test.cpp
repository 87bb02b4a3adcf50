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
const PasswordScheme& argon2id_row() { return *find_password_scheme("argon2id"); }

PasswordCost rounds(int count) { return {.bcrypt_rounds = count}; }
constexpr PasswordCost kSmallArgon2{.argon2_memory_kib = 1024, .argon2_passes = 1};

// Moves when a test says so, and with every look: who waits for it gets there.
class FakeProcessorClock final : public base::ProcessorClock {
 public:
  [[nodiscard]] std::int64_t used_ns() const override { return ++now_ns_; }
  void advance(std::int64_t ns) { now_ns_ += ns; }
  [[nodiscard]] std::int64_t now() const { return now_ns_; }

 private:
  mutable std::int64_t now_ns_ = 0;
};

class SchemeHasherTest : public ::testing::Test {
 protected:
  SchemeHasher hasher(const PasswordScheme& scheme, const PasswordCost& cost) {
    return {scheme, cost, random_, clock_};
  }
  base::SystemRandom random_;
  FakeProcessorClock clock_;
};

TEST_F(SchemeHasherTest, TellsMatchMismatchAndOldHashesApart) {
  SchemeHasher cheap = hasher(bcrypt_row(), rounds(4));
  const std::string stored = cheap.hash("correct horse");
  EXPECT_EQ(cheap.verify("correct horse", stored), kMatched);
  EXPECT_EQ(cheap.verify("wrong horse", stored), kWrong);

  SchemeHasher costlier = hasher(bcrypt_row(), rounds(5));
  EXPECT_EQ(costlier.verify("correct horse", stored), kMatchedButOld);
  EXPECT_EQ(costlier.verify("wrong horse", stored), kWrong);
}

TEST_F(SchemeHasherTest, TellsAnUnusableHash) {
  for (const auto* const row : {&bcrypt_row(), &argon2id_row()}) {
    SchemeHasher each = hasher(*row, row->least_cost);
    for (const std::string_view stored :
         {"", "*0", "!locked", "$2b$04$short", "abJnggxhB/yWI",
          "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
          "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$"
          "PL01amPyeUuxG7H0vIr5X+qHkZvWnHmGBGXFYvh8z2E"}) {
      EXPECT_EQ(each.verify("U*U", stored), kUnusable) << stored;
    }
  }
}

TEST_F(SchemeHasherTest, HashesOfEachSchemeLetInUnderTheOther) {
  const std::string of_bcrypt = hasher(bcrypt_row(), rounds(4)).hash("correct horse");
  const std::string of_argon2id = hasher(argon2id_row(), kSmallArgon2).hash("correct horse");
  SchemeHasher to_argon2id = hasher(argon2id_row(), kSmallArgon2);
  SchemeHasher to_bcrypt = hasher(bcrypt_row(), rounds(4));
  EXPECT_EQ(to_argon2id.verify("correct horse", of_bcrypt), kMatchedButOld);
  EXPECT_EQ(to_argon2id.verify("wrong horse", of_bcrypt), kWrong);
  EXPECT_EQ(to_bcrypt.verify("correct horse", of_argon2id), kMatchedButOld);
  EXPECT_EQ(to_bcrypt.verify("wrong horse", of_argon2id), kWrong);
}

// Within argon2id's bound and past bcrypt's: no match, after the whole work of bcrypt.
TEST_F(SchemeHasherTest, ALongPasswordDoesNotMatchAHashOfTheOtherScheme) {
  const std::string stored = hasher(bcrypt_row(), rounds(4)).hash(std::string(72, 'p'));
  SchemeHasher to_argon2id = hasher(argon2id_row(), kSmallArgon2);
  EXPECT_EQ(to_argon2id.verify(std::string(73, 'p'), stored), kWrong);
  EXPECT_EQ(to_argon2id.verify(std::string(5000, 'p'), stored), kWrong);
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
      .least_cost = {},
      .allows = [](const PasswordCost&) { return true; },
      .memory_bytes = [](const PasswordCost&) { return std::size_t{0}; },
      .is_usable = [](std::string_view) { return true; },
      .needs_rehash = [](std::string_view, const PasswordCost&) { return false; },
      .hash = [](std::string_view, const PasswordCost&, base::Random&,
                 WorkMemory&) { return std::string("made"); },
      .verify =
          [](std::string_view password, std::string_view stored, WorkMemory&) {
            calls().push_back({std::string(password), std::string(stored)});
            return true;
          },
      .make_dummy = [](const PasswordCost& cost,
                       base::Random&) { return "dummy" + std::to_string(cost.bcrypt_rounds); },
  };
  return row;
}

// The time of a hash is spent whatever there is to check against.
TEST_F(SchemeHasherTest, AlwaysVerifiesOnce) {
  SchemeHasher counting = hasher(counting_row(), rounds(2));

  calls().clear();
  counting.verify_nothing("password");
  ASSERT_EQ(calls().size(), 1U);
  EXPECT_EQ(calls()[0].password, "password");
  EXPECT_EQ(calls()[0].stored, "dummy2");

  calls().clear();
  // That the dummy "matches" in this row must not let anybody in.
  EXPECT_EQ(counting.verify("password", "*0"), kUnusable);
  ASSERT_EQ(calls().size(), 1U);
  EXPECT_EQ(calls()[0].stored, "dummy2");
}

// Rows of the registry cannot be slowed down, so the clock stands still in them; the configured row
// takes a thousand ticks. A wrong password for a hash that the registry has checked for nothing
// must take as many, however the row of the registry is called.
TEST_F(SchemeHasherTest, AWrongPasswordForACheaperHashTakesTheRestOfTheTime) {
  static FakeProcessorClock* ticking = nullptr;
  ticking = &clock_;
  static int whole_checks = 0;
  whole_checks = 0;
  static const PasswordScheme slow = [] {
    PasswordScheme row = counting_row();
    row.name = "slow";
    row.verify = [](std::string_view, std::string_view, WorkMemory&) {
      ++whole_checks;
      ticking->advance(1000);
      return false;
    };
    return row;
  }();
  const std::string of_bcrypt = hasher(bcrypt_row(), rounds(4)).hash("correct horse");
  const std::string of_argon2id = hasher(argon2id_row(), kSmallArgon2).hash("correct horse");
  SchemeHasher slow_hasher = hasher(slow, {});
  const auto time_of = [&](std::string_view password, std::string_view stored) {
    const std::int64_t begun = clock_.now();
    (void)slow_hasher.verify(password, stored);
    return static_cast<double>(clock_.now() - begun);
  };

  EXPECT_NEAR(time_of("wrong horse", of_bcrypt), 1000, 20) << "the first makes a check to learn";
  EXPECT_EQ(whole_checks, 1);
  for (const std::string& stored : {of_bcrypt, of_argon2id}) {
    EXPECT_NEAR(time_of("wrong horse", stored), 1000, 20) << stored;
    EXPECT_LT(time_of("correct horse", stored), 20) << "who knows the password learns nothing";
  }
  EXPECT_EQ(whole_checks, 1) << "what is known is not measured again";
  EXPECT_NEAR(time_of("wrong horse", "*0"), 1000, 20) << "a corrupt hash";
}

TEST_F(SchemeHasherTest, KnowsItsLimits) {
  EXPECT_EQ(hasher(bcrypt_row(), rounds(4)).max_password_bytes(), 72U);
  EXPECT_EQ(hasher(argon2id_row(), kSmallArgon2).max_password_bytes(), 1024U);
  EXPECT_THROW(hasher(bcrypt_row(), rounds(3)), base::Error);
  EXPECT_THROW(hasher(bcrypt_row(), rounds(17)), base::Error);
  EXPECT_THROW(hasher(argon2id_row(), rounds(12)), base::Error);
}

TEST_F(SchemeHasherTest, TakesItsSaltFromTheGivenRandomness) {
  class Fixed final : public base::Random {
   public:
    void fill(std::span<std::byte> bytes) override {
      for (std::byte& byte : bytes) byte = std::byte{0x10};
    }
  };
  Fixed random;
  SchemeHasher fixed(bcrypt_row(), rounds(4), random, clock_);
  EXPECT_EQ(fixed.hash("correct horse"), fixed.hash("correct horse"));
  EXPECT_TRUE(fixed.hash("x").starts_with("$2b$04$C/.OC/.OC/.OC/.OC/.OC.")) << fixed.hash("x");
}

TEST(UsualTimeTest, IsTheMiddleOfTheLastFew) {
  UsualTime usual;
  EXPECT_FALSE(usual.is_known());
  EXPECT_EQ(usual.ns(), 0);
  usual.note(100);
  EXPECT_EQ(usual.ns(), 100);
  usual.note(9000);  // a pause of the machine
  usual.note(101);
  EXPECT_EQ(usual.ns(), 101);
  for (int i = 0; i < 15; ++i) usual.note(200);  // the machine has become slower
  EXPECT_EQ(usual.ns(), 200);
}

}  // namespace
}  // namespace latchkey::crypto
