// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_scheme.h"

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace latchkey::crypto {
namespace {

// What every row promises, whatever scheme it is.
class PasswordSchemeTest : public ::testing::TestWithParam<const PasswordScheme*> {
 protected:
  [[nodiscard]] const PasswordScheme& scheme() const { return *GetParam(); }
  [[nodiscard]] std::string hash(std::string_view password) {
    return scheme().hash(password, scheme().least_cost, random_, memory_);
  }
  [[nodiscard]] bool verify(std::string_view password, std::string_view stored) {
    return scheme().verify(password, stored, memory_);
  }
  base::SystemRandom random_;
  WorkMemory memory_;
};

TEST_P(PasswordSchemeTest, IsFoundByNameAndByItsHashes) {
  EXPECT_EQ(find_password_scheme(scheme().name), &scheme());
  EXPECT_EQ(scheme_of_hash(hash("correct horse")), &scheme());
}

TEST_P(PasswordSchemeTest, VerifiesItsOwnHashesAndNoOthers) {
  const std::string stored = hash("correct horse");
  EXPECT_TRUE(verify("correct horse", stored));
  for (const std::string_view other : {"", "correct", "correct hors", "correct horse ",
                                       "Correct horse", "correct horse battery"}) {
    EXPECT_FALSE(verify(other, stored)) << other;
  }
}

TEST_P(PasswordSchemeTest, SaltsEveryHash) {
  EXPECT_NE(hash("correct horse"), hash("correct horse"));
}

TEST_P(PasswordSchemeTest, StartsItsHashesWithTheFirstPrefix) {
  ASSERT_FALSE(scheme().prefixes.empty());
  EXPECT_TRUE(hash("x").starts_with(scheme().prefixes[0]));
}

TEST_P(PasswordSchemeTest, KeepsEveryByteUpToItsLimit) {
  const std::string longest(scheme().max_password_bytes, '\xC3');
  const std::string stored = hash(longest);
  EXPECT_TRUE(verify(longest, stored));
  std::string last_changed = longest;
  last_changed.back() = 'x';
  EXPECT_FALSE(verify(last_changed, stored));
}

TEST_P(PasswordSchemeTest, NeverCutsAPassword) {
  const std::string longest(scheme().max_password_bytes, 'x');
  EXPECT_THROW((void)hash(longest + "x"), base::Error);
  EXPECT_FALSE(verify(longest + "x", hash(longest)));
  EXPECT_FALSE(verify(longest + std::string(100'000, 'y'), hash(longest)));
}

TEST_P(PasswordSchemeTest, KnowsNoNul) {
  using namespace std::string_view_literals;
  EXPECT_THROW((void)hash("secret\0tail"sv), base::Error);
  EXPECT_FALSE(verify("secret\0tail"sv, hash("secret")));
  EXPECT_FALSE(verify("secret\0"sv, hash("secret")));
  EXPECT_FALSE(verify("\0"sv, hash("")));
}

// Each measure of the cost that the scheme reads, one up.
std::vector<PasswordCost> costs_above(const PasswordScheme& scheme) {
  std::vector<PasswordCost> costs;
  for (int PasswordCost::*const measure :
       {&PasswordCost::bcrypt_rounds, &PasswordCost::argon2_memory_kib,
        &PasswordCost::argon2_passes}) {
    if (scheme.least_cost.*measure == 0) continue;
    costs.push_back(scheme.least_cost);
    ++(costs.back().*measure);
  }
  return costs;
}

TEST_P(PasswordSchemeTest, AsksForARehashWhenTheCostChanges) {
  const std::string stored = hash("correct horse");
  EXPECT_FALSE(scheme().needs_rehash(stored, scheme().least_cost));
  ASSERT_FALSE(costs_above(scheme()).empty());
  for (const PasswordCost& cost : costs_above(scheme()))
    EXPECT_TRUE(scheme().needs_rehash(stored, cost));
}

TEST_P(PasswordSchemeTest, ReadsItsOwnMeasuresOfTheCostAndNoOthers) {
  PasswordCost cost{.bcrypt_rounds = -1, .argon2_memory_kib = -1, .argon2_passes = -1};
  EXPECT_FALSE(scheme().allows(cost));
  for (int PasswordCost::*const measure :
       {&PasswordCost::bcrypt_rounds, &PasswordCost::argon2_memory_kib,
        &PasswordCost::argon2_passes}) {
    if (scheme().least_cost.*measure != 0) cost.*measure = scheme().least_cost.*measure;
  }
  EXPECT_TRUE(scheme().allows(cost));
  EXPECT_FALSE(scheme().needs_rehash(hash("correct horse"), cost));
}

TEST_P(PasswordSchemeTest, HoldsTheCostToItsBounds) {
  for (int PasswordCost::*const measure :
       {&PasswordCost::bcrypt_rounds, &PasswordCost::argon2_memory_kib,
        &PasswordCost::argon2_passes}) {
    if (scheme().least_cost.*measure == 0) continue;
    for (const int wrong : {scheme().least_cost.*measure - 1, 1'000'000}) {
      PasswordCost cost = scheme().least_cost;
      cost.*measure = wrong;
      EXPECT_FALSE(scheme().allows(cost)) << wrong;
      EXPECT_THROW((void)scheme().hash("x", cost, random_, memory_), base::Error) << wrong;
    }
  }
}

TEST_P(PasswordSchemeTest, MakesADummyThatIsUsableAndMatchesNothing) {
  const std::string dummy = scheme().make_dummy(scheme().least_cost, random_);
  EXPECT_EQ(scheme_of_hash(dummy), &scheme());
  EXPECT_FALSE(scheme().needs_rehash(dummy, scheme().least_cost));
  EXPECT_FALSE(verify("", dummy));
  EXPECT_FALSE(verify("password", dummy));
}

// A core dump, or the next user of the memory, finds nothing of a password.
TEST_P(PasswordSchemeTest, LeavesItsMemoryWiped) {
  for (const bool is_verifying : {false, true}) {
    if (is_verifying) {
      EXPECT_TRUE(verify("correct horse", hash("correct horse")));
    } else {
      (void)hash("correct horse");
    }
    ASSERT_GE(memory_.size(), scheme().memory_bytes(scheme().least_cost));
    const std::byte* const bytes = memory_.take(1);
    EXPECT_TRUE(std::all_of(bytes, bytes + memory_.size(),
                            [](std::byte byte) { return byte == std::byte{0}; }));
  }
}

TEST_P(PasswordSchemeTest, DoesNotUseADamagedHash) {
  const std::string stored = hash("correct horse");
  EXPECT_FALSE(scheme().is_usable(""));
  EXPECT_FALSE(scheme().is_usable(scheme().prefixes[0]));
  EXPECT_FALSE(scheme().is_usable(stored + "."));
  EXPECT_FALSE(scheme().is_usable(" " + stored));
  EXPECT_FALSE(scheme().is_usable("*0"));
  for (std::size_t length = 0; length < stored.size(); ++length) {
    const std::string cut = stored.substr(0, length);
    // A tag may have several lengths. One that was cut to another of them matches nothing.
    if (scheme().is_usable(cut)) {
      EXPECT_GT(length, stored.rfind('$'));
      EXPECT_FALSE(verify("correct horse", cut)) << length;
    }
  }
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string damaged = stored;
    damaged[i] = ':';
    EXPECT_FALSE(scheme().is_usable(damaged)) << damaged;
  }
}

std::vector<const PasswordScheme*> all_rows() {
  std::vector<const PasswordScheme*> rows;
  for (const PasswordScheme& row : password_schemes()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(EveryRow, PasswordSchemeTest, ::testing::ValuesIn(all_rows()),
                         [](const auto& row) { return std::string(row.param->name); });

TEST(PasswordSchemesTest, HaveDistinctNamesAndPrefixes) {
  std::set<std::string_view> names;
  std::set<std::string_view> prefixes;
  for (const PasswordScheme& row : password_schemes()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    for (const std::string_view prefix : row.prefixes) {
      EXPECT_TRUE(prefixes.insert(prefix).second) << prefix;
    }
  }
}

TEST(PasswordSchemesTest, KnowNoOtherHash) {
  EXPECT_EQ(find_password_scheme("md5"), nullptr);
  for (const std::string_view stored : {
           "",
           "*0",
           "*1",
           "!locked",
           "ab",                                  // DES, which crypt(3) would take
           "abJnggxhB/yWI",                       //
           "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",  // MD5, the same
           "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
           "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
           "plaintext",
       }) {
    EXPECT_EQ(scheme_of_hash(stored), nullptr) << stored;
  }
}

}  // namespace
}  // namespace latchkey::crypto
