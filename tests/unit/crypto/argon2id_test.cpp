// SPDX-License-Identifier: Apache-2.0
#include "crypto/argon2id.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "vectors.h"

namespace latchkey::crypto::argon2id {
namespace {

constexpr std::string_view kSalt = "c29tZXNhbHQ";
constexpr std::string_view kTag = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

// A stored hash with other words between the dollars.
std::string stored_with(std::string_view parameters, std::string_view salt = kSalt,
                        std::string_view tag = kTag, std::string_view version = "v=19") {
  return "$argon2id$" + std::string(version) + '$' + std::string(parameters) + '$' +
         std::string(salt) + '$' + std::string(tag);
}

bool verifies(std::string_view password, std::string_view stored) {
  WorkMemory memory;
  return verify(password, stored, memory);
}

// The reference implementation's answers. One of them takes 256 MiB and is past our bounds.
TEST(Argon2idTest, GivesTheKnownAnswers) {
  int matched = 0;
  int out_of_bounds = 0;
  const auto vectors = read_vectors("password/argon2id_kat.json");
  for_each_in(vectors, "vectors", [&](const nlohmann::json& vector) {
    const auto stored = text_of(vector, "encoded");
    const auto password = text_of(vector, "password");
    if (vector.at("m_kib").get<int>() > kMaxMemoryKib) {
      EXPECT_FALSE(is_usable(stored)) << stored;
      ++out_of_bounds;
      return;
    }
    ASSERT_TRUE(is_usable(stored)) << stored;
    EXPECT_TRUE(verifies(password, stored)) << stored;
    EXPECT_FALSE(verifies(password + "x", stored)) << stored;
    ++matched;
  });
  EXPECT_EQ(matched, 3);
  EXPECT_EQ(out_of_bounds, 1);
}

TEST(Argon2idTest, HashesAsTheReferenceDoes) {
  const nlohmann::json vectors = read_vectors("password/argon2id_kat.json");
  const std::string known = text_of(vectors.at("owasp_minimum_profile_computed"), "encoded");
  EXPECT_TRUE(verifies("password", known));
  EXPECT_TRUE(needs_rehash(known, {.argon2_memory_kib = 19'456, .argon2_passes = 2}))
      << "its salt has only eight bytes";
}

TEST(Argon2idTest, WritesWhatItWasAskedFor) {
  base::SystemRandom random;
  WorkMemory memory;
  const PasswordCost cost{.argon2_memory_kib = 2048, .argon2_passes = 3};
  const std::string made = hash("correct horse", cost, random, memory);
  EXPECT_TRUE(made.starts_with("$argon2id$v=19$m=2048,t=3,p=1$")) << made;
  EXPECT_EQ(made.size(), std::string_view("$argon2id$v=19$m=2048,t=3,p=1$").size() + 22 + 1 + 43);
  EXPECT_FALSE(needs_rehash(made, cost));
}

TEST(Argon2idTest, RenewsWhatOthersWriteOtherwise) {
  const PasswordCost cost{.argon2_memory_kib = 256, .argon2_passes = 2};
  const std::string_view salt = "c29tZXNhbHRzb21lc2FsdA";
  EXPECT_FALSE(needs_rehash(stored_with("m=256,t=2,p=1", salt), cost));
  EXPECT_TRUE(needs_rehash(stored_with("m=256,t=2,p=2", salt), cost));
  EXPECT_TRUE(needs_rehash(stored_with("m=255,t=2,p=1", salt), cost));
  EXPECT_TRUE(needs_rehash(stored_with("m=256,t=3,p=1", salt), cost));
  EXPECT_TRUE(needs_rehash(stored_with("m=256,t=2,p=1", kSalt), cost));
  EXPECT_TRUE(needs_rehash(stored_with("m=256,t=2,p=1", salt, kTag.substr(0, 32)), cost));
}

TEST(Argon2idTest, ReadsOnlyItsExactForm) {
  ASSERT_TRUE(is_usable(stored_with("m=256,t=2,p=1")));
  for (const std::string& stored : {
           stored_with("m=256,t=2"),
           stored_with("t=2,m=256,p=1"),
           stored_with("m=256,t=2,p=1,data=AAAA"),
           stored_with("m=256,t=2,p=1,keyid=AAAA"),
           stored_with("m=256,t=2,p=1 "),
           stored_with("m= 256,t=2,p=1"),
           stored_with("m=0256,t=2,p=1"),
           stored_with("m=+256,t=2,p=1"),
           stored_with("m=-256,t=2,p=1"),
           stored_with("m=0x100,t=2,p=1"),
           stored_with("m=,t=2,p=1"),
           stored_with("m=256,t=02,p=1"),
           stored_with("m=256,t=2,p=1", kSalt, kTag, "v=16"),
           stored_with("m=256,t=2,p=1", kSalt, kTag, "v=019"),
           stored_with("m=256,t=2,p=1", kSalt, std::string(kTag) + "$"),
           stored_with("m=256,t=2,p=1", std::string(kSalt) + "="),  // padding
           stored_with("m=256,t=2,p=1", "c29tZXNhbHR"),             // bits past the last byte
           stored_with("m=256,t=2,p=1", kSalt, "nf65EOgLrQMR_uIPnA4rEsF5h7TKyQwu9U1bMCHGi_4"),
           stored_with("m=256,t=2,p=1", kSalt, std::string(kTag) + "="),
           stored_with("m=256,t=2,p=1", "", kTag),
           stored_with("m=256,t=2,p=1", "c29tZXNhbA"),  // 7 bytes of salt
           stored_with("m=256,t=2,p=1", kSalt, ""),
           stored_with("m=256,t=2,p=1", kSalt, "nf65EOgLrQMR/uIPnA4r"),  // 15 bytes of tag
           stored_with("m=256,t=2,p=1", std::string(88, 'A')),           // 66 bytes of salt
           stored_with("m=256,t=2,p=1", kSalt, std::string(88, 'A')),
           std::string("$argon2id$m=256,t=2,p=1$c29tZXNhbHQ$") + std::string(kTag),  // version 16
           std::string("$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$") + std::string(kTag),
           std::string("$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$") + std::string(kTag),
           stored_with("m=256,t=2,p=1") + "\n",
           stored_with("m=256,t=2,p=1") + std::string(1, '\0'),
       }) {
    EXPECT_FALSE(is_usable(stored)) << stored;
  }
}

TEST(Argon2idTest, BoundsTheStoredCost) {
  for (const std::string_view parameters :
       {"m=8,t=1,p=1", "m=131072,t=16,p=16", "m=65536,t=3,p=4", "m=102400,t=2,p=8"}) {
    EXPECT_TRUE(is_usable(stored_with(parameters))) << parameters;
  }
  for (const std::string_view parameters :
       {"m=7,t=1,p=1", "m=0,t=1,p=1", "m=15,t=1,p=2", "m=131073,t=1,p=1", "m=256,t=0,p=1",
        "m=256,t=17,p=1", "m=256,t=1,p=0", "m=256,t=1,p=17", "m=4294967296,t=1,p=1",
        "m=99999999999999999999,t=1,p=1", "m=256,t=4294967297,p=1"}) {
    EXPECT_FALSE(is_usable(stored_with(parameters))) << parameters;
  }
}

TEST(WorkMemoryTest, KeepsWhatItHasAndGivesBackWhatIsTooMuch) {
  WorkMemory memory;
  EXPECT_EQ(memory.size(), 0U);
  std::byte* const first = memory.take(100'000);
  EXPECT_GE(memory.size(), 100'000U);
  EXPECT_EQ(memory.take(50'000), first);
  memory.shrink_to(100'000);
  EXPECT_GE(memory.size(), 100'000U);
  memory.shrink_to(50'000);
  EXPECT_EQ(memory.size(), 0U);
  EXPECT_NE(memory.take(1), nullptr);
}

TEST(WorkMemoryTest, SaysWhenThereIsNone) {
  WorkMemory memory;
  EXPECT_THROW(memory.take(std::size_t{1} << 62), base::Error);
  EXPECT_NE(memory.take(1), nullptr);
}

}  // namespace
}  // namespace latchkey::crypto::argon2id
