// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_strength.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor_clock.h"

namespace latchkey::crypto {
namespace {

int score(std::string_view password, std::vector<std::string_view> words = {}) {
  return password_score(password, words);
}

TEST(PasswordStrengthTest, ScoresAsZxcvbnDoes) {
  EXPECT_EQ(score(""), 0);
  EXPECT_EQ(score("password"), 0);
  EXPECT_EQ(score("zxcvbn"), 0);
  EXPECT_EQ(score("aaaaaaaa"), 0);
  EXPECT_LE(score("Passw0rd1"), 1);
  EXPECT_GE(score("correct horse battery staple"), 4);
  EXPECT_EQ(score("rWibMFACxAUGZmxhVncy"), 4);
  EXPECT_EQ(score("\xF0\x9F\x90\xB4\xE2\x9C\x93\xC3\xA9 kuckuck 71"), 4);
}

TEST(PasswordStrengthTest, WordsOfTheOwnerAreKnown) {
  EXPECT_GE(score("kryptomnesie"), 3);
  EXPECT_EQ(score("kryptomnesie", {"kryptomnesie"}), 0);
  EXPECT_EQ(score("KRYPTOMNESIE", {"", "kryptomnesie"}), 0);
  EXPECT_GE(score("kryptomnesie", {"", ""}), 3) << "an empty word knows nothing";
}

// A body has 16 KiB. What is made to be slow must not hold up a worker; the first hundred bytes are
// judged, and a few milliseconds are what they take.
TEST(PasswordStrengthTest, IsQuickWhateverIsSent) {
  const base::SystemProcessorClock clock;
  std::string counting;
  for (int i = 0; counting.size() < 16'000; ++i) counting += std::to_string(i);
  const auto many = [](std::string_view piece) {
    std::string text;
    while (text.size() < 16'000) text += piece;
    return text;
  };
  for (const std::string& hostile :
       {many("a"), many("ab"), many("password"), many("p4$$w0rd"), many("@4(1!|0$5+7"), many("1"),
        many("19.11.1999"), many("qwertyuiopasdfghjkl"), many("aA1!"), many("\xF0\x9F\x90\xB4"),
        many("zxcvbnm,./"), many("the of and in was"), counting}) {
    std::int64_t least_ns = INT64_MAX;
    for (int i = 0; i < 3; ++i) {
      const std::int64_t begun_ns = clock.used_ns();
      (void)score(hostile, {hostile, "name", hostile});
      least_ns = std::min(least_ns, clock.used_ns() - begun_ns);
    }
    EXPECT_LT(least_ns, 50'000'000) << hostile.substr(0, 20);
    RecordProperty("ns_" + hostile.substr(0, 4), std::to_string(least_ns));
  }
}

}  // namespace
}  // namespace latchkey::crypto
