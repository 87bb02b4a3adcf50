// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_directory.h"

#include <sys/stat.h>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base64url.h"
#include "crypto/key_file.h"
#include "doubles/made_keys.h"

namespace latchkey::crypto {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::int64_t kNow = 1'771'497'045'123;  // 2026-02-19T10:30:45.123Z
constexpr const char* kPem = "20260219T103045.123Z-ES256.pem";
constexpr const char* kBytes = "20260219T103045.123Z-HS256.key";

const JwsAlgorithm& row(std::string_view name) { return *find_jws_algorithm(name); }

KeyReading read(const doubles::MadeKeys& keys, std::string_view signs_by = "ES256",
                std::string_view secret = {}) {
  return read_keys(
      {.signs_by = &row(signs_by), .secret = base::Secret(secret), .directory = keys.path()});
}

TEST(KeyFileNameTest, SaysTimeAndAlgorithmInOneSpelling) {
  for (const JwsAlgorithm& algorithm : jws_algorithms()) {
    const std::string text = KeyFileName{kNow, &algorithm}.text();
    const auto parsed = KeyFileName::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->signs_from_ms, kNow);
    EXPECT_EQ(parsed->algorithm, &algorithm);
  }
  EXPECT_EQ((KeyFileName{kNow, &row("ES256")}.text()), kPem);
  EXPECT_EQ((KeyFileName{kNow, &row("HS256")}.text()), kBytes);
  EXPECT_LT((KeyFileName{kNow, &row("RS256")}.text()),
            (KeyFileName{kNow + 1, &row("EdDSA")}.text()));
  for (const char* const other :
       {"", "key.pem", "20260219T103045.123Z", "20260219T103045.123Z-",
        "20260219T103045.123Z-ES256", "20260219T103045.123Z-ES256.key",
        "20260219T103045.123Z-HS256.pem", "20260219T103045.123Z-none.pem",
        "20260219T103045Z-ES256.pem", "20260230T103045.123Z-ES256.pem",
        "20260219t103045.123z-ES256.pem", "2026-02-19T10:30:45.123Z-ES256.pem",
        "20260219T103045.123Z-ES256.pem~", "20260219T103045.123Z-ES256.pem.pem",
        " 20260219T103045.123Z-ES256.pem"}) {
    EXPECT_FALSE(KeyFileName::parse(other)) << other;
  }
}

TEST(KeyFileTest, ComesBackAsItWasWrittenForTheOwnerAndTheGroup) {
  const doubles::MadeKeys keys;
  for (const JwsAlgorithm& algorithm : jws_algorithms()) {
    const base::Secret material = algorithm.generate(algorithm.sizes.min_bits);
    const KeyFileName name{kNow, &algorithm};
    write_key_file(keys.path(), name, material);
    struct stat status {};
    ASSERT_EQ(stat((keys.path() + "/" + name.text()).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0640U);
    auto read = read_key_file(keys.path() + "/" + name.text(), algorithm);
    ASSERT_TRUE(std::holds_alternative<base::Secret>(read));
    EXPECT_EQ(std::get<base::Secret>(read).reveal(), material.reveal());
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(keys.path()), {}), 4) << "no drafts";
}

TEST(KeyFileTest, ReplacesNothing) {
  const doubles::MadeKeys keys;
  keys.put(kPem, "somebody's");
  EXPECT_THROW(write_key_file(keys.path(), {kNow, &row("ES256")}, row("ES256").generate(256)),
               std::system_error);
  EXPECT_EQ(keys.content(kPem), "somebody's");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(keys.path()), {}), 1) << "no drafts";
  EXPECT_THROW(write_key_file("/nonexistent", {kNow, &row("ES256")}, base::Secret()),
               std::system_error);
}

TEST(KeyFileTest, TakesBase64AsOpensslWritesIt) {
  const doubles::MadeKeys keys;
  keys.put(kBytes, "+/+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
  EXPECT_THAT(read(keys, "HS256").faults, IsEmpty());
  for (const char* const bad :
       {"", "\n", "short=\n", "not base64 at all, but long enough to be a key\n",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"}) {
    keys.put(kBytes, bad);
    EXPECT_THAT(read(keys, "HS256").faults, ElementsAre(HasSubstr(kBytes))) << bad;
  }
}

TEST(KeyDirectoryTest, TheSecretIsTheOldestAndNamesAreInTheOrderOfAge) {
  const doubles::MadeKeys keys;
  const std::string second = keys.add("ES256", kNow + 1);
  const std::string first = keys.add("EdDSA", kNow);
  const KeyReading reading = read(keys, "ES256", "a secret of the settings, 32 bytes or more");
  EXPECT_THAT(reading.faults, IsEmpty());
  ASSERT_EQ(reading.keys.size(), 3U);
  EXPECT_EQ(reading.keys[0].file, "");
  EXPECT_EQ(reading.keys[0].algorithm, &row("HS256"));
  EXPECT_EQ(reading.keys[1].file, first);
  EXPECT_EQ(reading.keys[2].file, second);
  EXPECT_EQ(reading.keys[2].signs_from_ms, kNow + 1);
  EXPECT_EQ(reading.keys[2].bits, 256);
  ASSERT_TRUE(reading.ring);
  EXPECT_EQ(reading.ring->signing_kid(kNow + 1), reading.keys[2].kid);
}

// Who moves JWT_SECRET_KEY into the directory may leave it in the settings for a while.
TEST(KeyDirectoryTest, AFileMayHoldTheSecretOfTheSettings) {
  const doubles::MadeKeys keys;
  write_key_file(keys.path(), {kNow, &row("HS256")},
                 base::Secret(std::string_view("a secret of the settings, 32 bytes or more")));
  const KeyReading reading = read(keys, "HS256", "a secret of the settings, 32 bytes or more");
  EXPECT_THAT(reading.faults, IsEmpty());
  ASSERT_EQ(reading.keys.size(), 1U);
  EXPECT_EQ(reading.keys[0].file, kBytes);
}

TEST(KeyDirectoryTest, WithoutAKeyThatSignsThereIsNoRing) {
  const doubles::MadeKeys keys;
  (void)keys.add("EdDSA", kNow);
  const KeyReading reading = read(keys);
  EXPECT_FALSE(reading.ring);
  EXPECT_TRUE(reading.lacks_signer);
  EXPECT_THAT(reading.faults,
              ElementsAre(HasSubstr("run \"latchkey keys generate --algorithm ES256\"")));
  EXPECT_EQ(reading.keys.size(), 1U);
}

TEST(KeyDirectoryTest, OpenFilesAreRefusedAndNothingOfThemIsShown) {
  const doubles::MadeKeys keys;
  const std::string name = keys.add("ES256", kNow);
  for (const unsigned mode : {0644U, 0660U, 0604U, 0602U, 0666U, 0650U}) {
    std::filesystem::permissions(keys.path() + "/" + name, std::filesystem::perms(mode));
    const KeyReading reading = read(keys);
    EXPECT_FALSE(reading.ring) << mode;
    EXPECT_THAT(reading.faults, ElementsAre(AllOf(HasSubstr(name), HasSubstr("chmod 0640"),
                                                  Not(HasSubstr("BEGIN")))));
  }
  for (const unsigned mode : {0640U, 0600U, 0440U, 0400U}) {
    std::filesystem::permissions(keys.path() + "/" + name, std::filesystem::perms(mode));
    EXPECT_TRUE(read(keys).ring) << mode;
  }
  std::filesystem::permissions(keys.path(), std::filesystem::perms(0777));
  EXPECT_THAT(read(keys).faults, ElementsAre(HasSubstr("can be changed by everybody")));
}

TEST(KeyDirectoryTest, BrokenKeysAreFaultsAndOtherFilesAreNot) {
  const doubles::MadeKeys keys;
  const std::string good = keys.add("ES256", kNow);
  keys.put("README", "what this is for");
  keys.put(good + "~", "an editor's copy");
  keys.put(".new-123456", "a draft");
  std::filesystem::create_directory(keys.path() + "/retired");
  const KeyReading reading = read(keys);
  EXPECT_THAT(reading.faults, IsEmpty());
  EXPECT_THAT(reading.ignored, ::testing::UnorderedElementsAre("README", good + "~"));
  EXPECT_EQ(reading.keys.size(), 1U);

  keys.put("20260219T103046.000Z-ES256.pem", keys.content(good).substr(0, 60));
  keys.put("20260219T103047.000Z-EdDSA.pem", keys.content(good));
  keys.put("20260219T103048.000Z-ES256.pem", keys.content(good));
  keys.put("20260219T103049.000Z-RS256.pem", std::string(20'000, 'x'));
  keys.put("mine.pem", keys.content(good));
  std::filesystem::create_directory(keys.path() + "/20260219T103050.000Z-ES256.pem");
  const KeyReading broken = read(keys);
  ASSERT_TRUE(broken.ring) << "of the key that is good";
  EXPECT_EQ(broken.keys.size(), 1U);
  EXPECT_EQ(broken.broken.size(), 6U);
  EXPECT_THAT(broken.faults,
              ::testing::UnorderedElementsAre(
                  HasSubstr("046.000Z-ES256.pem: it holds no private key"),
                  HasSubstr("047.000Z-EdDSA.pem: it holds a key of another kind"),
                  HasSubstr("048.000Z-ES256.pem: two keys of the ring"),
                  HasSubstr("049.000Z-RS256.pem cannot be read: it is larger than 16 KiB"),
                  HasSubstr("mine.pem is not named as a key is"),
                  HasSubstr("050.000Z-ES256.pem cannot be read: it is not a regular file")));
}

TEST(KeyDirectoryTest, TheNumberOfKeysHasABound) {
  const doubles::MadeKeys keys;
  for (std::size_t i = 0; i < kMaxKeys; ++i)
    (void)keys.add("EdDSA", kNow + static_cast<std::int64_t>(i));
  EXPECT_TRUE(read(keys, "EdDSA").ring);
  (void)keys.add("EdDSA", kNow - 1);
  EXPECT_THAT(read(keys, "EdDSA").faults, ElementsAre(HasSubstr("at most 64 keys")));
}

TEST(KeyDirectoryTest, RetiringMovesTheFileAway) {
  const doubles::MadeKeys keys;
  const std::string first = keys.add("ES256", kNow);
  (void)keys.add("ES256", kNow + 1);
  retire_key_file(keys.path(), first);
  EXPECT_EQ(read(keys).keys.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(keys.path() + "/retired/" + first));
  EXPECT_THROW(retire_key_file(keys.path(), first), std::system_error);
}

}  // namespace
}  // namespace latchkey::crypto
