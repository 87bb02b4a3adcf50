// SPDX-License-Identifier: Apache-2.0
#include "crypto/base64url.h"

#include <gtest/gtest.h>

namespace latchkey::crypto {
namespace {

TEST(Base64urlTest, EncodesTheVectorsOfRfc4648WithoutPadding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foob"), "Zm9vYg");
  EXPECT_EQ(base64url_encode("fooba"), "Zm9vYmE");
  EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
}

TEST(Base64urlTest, UsesTheAlphabetForUrls) {
  EXPECT_EQ(base64url_encode("\xFB\xFF\xFE"), "-__-");
  EXPECT_EQ(base64url_decode("-__-"), "\xFB\xFF\xFE");
}

TEST(Base64urlTest, GivesBackEveryByteAtEveryPosition) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t length = 1; length <= 7; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string bytes(length, '\x5A');
        bytes[at] = static_cast<char>(byte);
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
      }
    }
  }
}

TEST(Base64urlTest, RefusesAnythingThatIsNotTheOneSpelling) {
  for (const std::string_view text : {
           "A",          // one character holds six bits: no byte
           "Zm9vY",      // the same, after whole groups
           "Zg==",       // padding
           "Zm8=",       //
           "Zg=",        //
           "=",          //
           "Zh",         // unused bits that are not zero
           "Zm9",        //
           "Zm9vYh",     //
           "+__+",       // the other alphabet
           "-//-",       //
           "Zm 9",       // white space
           " Zm9v",      //
           "Zm9v\n",     //
           "Zm9v\r\n",   //
           "Zm.v",       //
           "Zm\xC3\xA9"  //
       }) {
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64url_decode(std::string_view("Zm9v\0Zm8", 8)), std::nullopt);
}

// The text has as many spellings as there are last characters that decode to the same bytes: one.
TEST(Base64urlTest, AcceptsOneLastCharacterInSixteenOrFour) {
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int accepted_after_one = 0;
  int accepted_after_two = 0;
  for (const char last : alphabet) {
    accepted_after_one += base64url_decode(std::string("A") + last).has_value() ? 1 : 0;
    accepted_after_two += base64url_decode(std::string("AA") + last).has_value() ? 1 : 0;
  }
  EXPECT_EQ(accepted_after_one, 4);
  EXPECT_EQ(accepted_after_two, 16);
}

}  // namespace
}  // namespace latchkey::crypto
