// SPDX-License-Identifier: Apache-2.0
#include "crypto/bcrypt.h"

#include <gtest/gtest.h>

#include "vectors.h"

namespace latchkey::crypto::bcrypt {
namespace {

bool verifies(std::string_view password, std::string_view stored) {
  WorkMemory memory;
  return verify(password, stored, memory);
}

constexpr std::string_view kStored = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

std::string with(std::size_t at, std::string_view text) {
  std::string changed(kStored);
  return changed.replace(at, text.size(), text);
}

// Openwall's answers. Two things differ from crypt(3), both on purpose: $2x$ is not read, and a
// password that crypt(3) would cut does not match.
TEST(BcryptTest, GivesTheKnownAnswers) {
  int matched = 0;
  int cut = 0;
  int of_broken_variant = 0;
  const auto vectors = read_vectors("password/bcrypt_kat.json");
  for_each_in(vectors, "vectors", [&](const nlohmann::json& vector) {
    const auto stored = text_of(vector, "hash");
    const std::string password = from_hex(text_of(vector, "password_hex"));
    if (stored.starts_with("$2x$")) {
      EXPECT_FALSE(is_usable(stored)) << stored;
      ++of_broken_variant;
      return;
    }
    ASSERT_TRUE(is_usable(stored)) << stored;
    if (password.size() > kMaxPasswordBytes) {
      EXPECT_TRUE(verifies(password.substr(0, kMaxPasswordBytes), stored)) << stored;
      EXPECT_FALSE(verifies(password, stored)) << stored;
      ++cut;
      return;
    }
    EXPECT_TRUE(verifies(password, stored)) << stored;
    EXPECT_FALSE(verifies(password + "x", stored)) << stored;
    ++matched;
  });
  EXPECT_EQ(matched, 11);
  EXPECT_EQ(cut, 2);
  EXPECT_EQ(of_broken_variant, 3);
}

TEST(BcryptTest, ReadsTheThreePrefixesAlike) {
  for (const std::string_view prefix : {"$2a$", "$2b$", "$2y$"}) {
    const std::string stored = with(0, prefix);
    EXPECT_TRUE(is_usable(stored)) << stored;
    EXPECT_TRUE(verifies("U*U", stored)) << stored;
    EXPECT_FALSE(verifies("U*V", stored)) << stored;
  }
}

TEST(BcryptTest, IssuesOnlyOnePrefix) {
  EXPECT_FALSE(needs_rehash(kStored, {.bcrypt_rounds = 5}));
  EXPECT_TRUE(needs_rehash(with(0, "$2a$"), {.bcrypt_rounds = 5}));
  EXPECT_TRUE(needs_rehash(with(0, "$2y$"), {.bcrypt_rounds = 5}));
  EXPECT_TRUE(needs_rehash(kStored, {.bcrypt_rounds = 6}));
  EXPECT_TRUE(needs_rehash(kStored, {.bcrypt_rounds = 4}));
}

TEST(BcryptTest, ReadsOnlyItsExactForm) {
  ASSERT_TRUE(is_usable(kStored));
  for (const std::string& stored : {
           with(0, "$2x$"),
           with(0, "$2c$"),
           with(0, "$2B$"),
           with(0, "$3b$"),
           with(0, "2b$$"),
           with(0, "$2$0"),  // other prefixes
           with(4, "5$"),
           with(4, "+5"),
           with(4, "5 "),
           with(4, "0x"),
           with(6, "."),  // the cost
           with(7, "$"),
           with(10, "="),
           with(30, "+"),
           with(59, "-"),
           with(30, "\n"),  // alphabet
           with(28, "/"),
           with(28, "C"),
           with(59, "X"),  // unused bits set
           std::string(kStored) + "\n",
           std::string(kStored) + std::string(1, '\0'),
           with(30, std::string_view("\0", 1)),
       }) {
    EXPECT_FALSE(is_usable(stored)) << stored;
  }
}

TEST(BcryptTest, BoundsTheStoredCost) {
  for (const std::string_view cost : {"04", "05", "12", "16"}) {
    EXPECT_TRUE(is_usable(with(4, cost))) << cost;
  }
  for (const std::string_view cost : {"00", "01", "03", "17", "20", "31", "32", "99"}) {
    EXPECT_FALSE(is_usable(with(4, cost))) << cost;
  }
}

}  // namespace
}  // namespace latchkey::crypto::bcrypt
