// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <string>

#include <gtest/gtest.h>

#include "doubles/made_certificate.h"

namespace latchkey::crypto {
namespace {

using doubles::made_certificate;

constexpr std::int64_t kFrom = 1'700'000'000;
constexpr std::int64_t kTo = 1'800'000'000;

TEST(ReadCertificates, SaysWhoseItIsAndWhenItHolds) {
  const auto read = read_certificates(made_certificate("localhost", kFrom, kTo));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].subject, "CN=localhost");
  EXPECT_EQ((*read)[0].not_before_s, kFrom);
  EXPECT_EQ((*read)[0].not_after_s, kTo);
}

// From 2050 on the times are written in another form.
TEST(ReadCertificates, ReadsTimesOfBothForms) {
  const auto read = read_certificates(made_certificate("x", -1'000'000'000, 4'000'000'000));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)[0].not_before_s, -1'000'000'000);
  EXPECT_EQ((*read)[0].not_after_s, 4'000'000'000);
}

TEST(ReadCertificates, KeepsTheOrderOfAChain) {
  const auto read =
      read_certificates("# the server's own\n" + made_certificate("leaf", kFrom, kTo) +
                        "\nthe authority\n" + made_certificate("root", kFrom, kTo + 1) + "end");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].subject, "CN=leaf");
  EXPECT_EQ((*read)[1].subject, "CN=root");
}

TEST(ReadCertificates, EscapesWhatWouldSpeakToATerminal) {
  const auto read = read_certificates(made_certificate("a\033[2Jb\nc", kFrom, kTo));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)[0].subject, "CN=a\\1B[2Jb\\0Ac");
}

TEST(ReadCertificates, RefusesWhatIsNone) {
  EXPECT_FALSE(read_certificates(""));
  EXPECT_FALSE(read_certificates("no certificate"));
  EXPECT_FALSE(read_certificates(std::string("\0\1\2", 3)));
  EXPECT_FALSE(read_certificates(
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"));
}

TEST(ReadCertificates, OneThatIsDamagedSpoilsTheFile) {
  const std::string good = made_certificate("good", kFrom, kTo);
  std::string cut = made_certificate("cut", kFrom, kTo);
  cut.erase(cut.size() / 2);
  EXPECT_FALSE(read_certificates(cut));
  EXPECT_FALSE(read_certificates(good + cut));
  EXPECT_FALSE(
      read_certificates(good + "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n"));
  // What went wrong before is forgotten.
  EXPECT_TRUE(read_certificates(good));
}

}  // namespace
}  // namespace latchkey::crypto
