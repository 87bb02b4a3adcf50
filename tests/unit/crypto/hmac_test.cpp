// SPDX-License-Identifier: Apache-2.0
#include "crypto/hmac.h"

#include <gtest/gtest.h>

#include "crypto/constant_time.h"
#include "vectors.h"

namespace latchkey::crypto {
namespace {

// Half of the cases are about tags cut to 128 bits; for those the start of the tag is compared.
TEST(HmacSha256Test, AgreesWithWycheproof) {
  int cases = 0;
  const auto vectors = read_vectors("wycheproof/hmac_sha256_test.json");
  for_each_in(vectors, "testGroups", [&cases](const nlohmann::json& group) {
    const auto tag_bytes = group.at("tagSize").get<std::size_t>() / 8;
    for_each_in(group, "tests", [&](const nlohmann::json& test) {
      ++cases;
      const base::Secret key(from_hex(text_of(test, "key")));
      const std::string message = from_hex(text_of(test, "msg"));
      const std::string tag = from_hex(text_of(test, "tag"));
      const HmacSha256 hmac(key);
      const auto computed = hmac.sign(message);
      EXPECT_EQ(equal_in_constant_time(computed.bytes().substr(0, tag_bytes), tag),
                text_of(test, "result") == "valid")
          << "tcId " << test.at("tcId").get<int>();
    });
  });
  EXPECT_EQ(cases, 174);
}

TEST(HmacSha256Test, StartsAfreshForEachMessage) {
  const HmacSha256 hmac(base::Secret(std::string_view("a key of some length, used repeatedly")));
  const std::string first(hmac.sign("one").bytes());
  const std::string second(hmac.sign("two").bytes());
  EXPECT_NE(first, second);
  EXPECT_EQ(hmac.sign("one").bytes(), first);
  EXPECT_EQ(hmac.sign("two").bytes(), second);
}

TEST(EqualInConstantTimeTest, ComparesLengthAndEveryByte) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
  EXPECT_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace latchkey::crypto
