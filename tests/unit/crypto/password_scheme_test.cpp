// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_scheme.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"

namespace latchkey::crypto {
namespace {

// What every row promises, whatever scheme it is.
class PasswordSchemeTest : public ::testing::TestWithParam<const PasswordScheme*> {
 protected:
  [[nodiscard]] const PasswordScheme& scheme() const { return *GetParam(); }
  [[nodiscard]] std::string hash(std::string_view password) {
    return scheme().hash(password, scheme().min_cost, random_);
  }
  base::SystemRandom random_;
};

TEST_P(PasswordSchemeTest, IsFoundByNameAndByItsHashes) {
  EXPECT_EQ(find_password_scheme(scheme().name), &scheme());
  EXPECT_EQ(scheme_of_hash(hash("correct horse")), &scheme());
}

TEST_P(PasswordSchemeTest, VerifiesItsOwnHashesAndNoOthers) {
  const std::string stored = hash("correct horse");
  EXPECT_TRUE(scheme().verify("correct horse", stored));
  for (const std::string_view other : {"", "correct", "correct hors", "correct horse ",
                                       "Correct horse", "correct horse battery"}) {
    EXPECT_FALSE(scheme().verify(other, stored)) << other;
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
  EXPECT_TRUE(scheme().verify(longest, stored));
  std::string last_changed = longest;
  last_changed.back() = 'x';
  EXPECT_FALSE(scheme().verify(last_changed, stored));
}

TEST_P(PasswordSchemeTest, NeverCutsAPassword) {
  const std::string longest(scheme().max_password_bytes, 'x');
  EXPECT_THROW((void)hash(longest + "x"), base::Error);
  EXPECT_FALSE(scheme().verify(longest + "x", hash(longest)));
  EXPECT_FALSE(scheme().verify(longest + std::string(100'000, 'y'), hash(longest)));
}

TEST_P(PasswordSchemeTest, KnowsNoNul) {
  using namespace std::string_view_literals;
  EXPECT_THROW((void)hash("secret\0tail"sv), base::Error);
  EXPECT_FALSE(scheme().verify("secret\0tail"sv, hash("secret")));
  EXPECT_FALSE(scheme().verify("secret\0"sv, hash("secret")));
  EXPECT_FALSE(scheme().verify("\0"sv, hash("")));
}

TEST_P(PasswordSchemeTest, AsksForARehashWhenTheCostChanges) {
  const std::string stored = hash("correct horse");
  EXPECT_FALSE(scheme().needs_rehash(stored, scheme().min_cost));
  EXPECT_TRUE(scheme().needs_rehash(stored, scheme().min_cost + 1));
}

TEST_P(PasswordSchemeTest, HoldsTheCostToItsBounds) {
  EXPECT_THROW((void)scheme().hash("x", scheme().min_cost - 1, random_), base::Error);
  EXPECT_THROW((void)scheme().hash("x", scheme().max_cost + 1, random_), base::Error);
}

TEST_P(PasswordSchemeTest, MakesADummyThatIsUsableAndMatchesNothing) {
  const std::string dummy = scheme().make_dummy(scheme().min_cost, random_);
  EXPECT_EQ(scheme_of_hash(dummy), &scheme());
  EXPECT_FALSE(scheme().needs_rehash(dummy, scheme().min_cost));
  EXPECT_FALSE(scheme().verify("", dummy));
  EXPECT_FALSE(scheme().verify("password", dummy));
}

TEST_P(PasswordSchemeTest, DoesNotUseADamagedHash) {
  const std::string stored = hash("correct horse");
  EXPECT_FALSE(scheme().is_usable(""));
  EXPECT_FALSE(scheme().is_usable(scheme().prefixes[0]));
  EXPECT_FALSE(scheme().is_usable(stored + "."));
  EXPECT_FALSE(scheme().is_usable(" " + stored));
  EXPECT_FALSE(scheme().is_usable("*0"));
  for (std::size_t length = 0; length < stored.size(); ++length) {
    EXPECT_FALSE(scheme().is_usable(stored.substr(0, length))) << length;
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
