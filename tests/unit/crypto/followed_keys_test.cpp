// SPDX-License-Identifier: Apache-2.0
#include "crypto/followed_keys.h"

#include <chrono>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/key_file.h"
#include "doubles/captured_log.h"
#include "doubles/fake_clock.h"
#include "doubles/made_keys.h"

namespace latchkey::crypto {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'771'497'045'123;
constexpr std::string_view kPayload = R"({"sub":"42"})";

// Two workers over one directory, whose clock the test moves.
class FollowedKeysTest : public ::testing::Test {
 protected:
  FollowedKeysTest() : first_(keys_.add("ES256", kNow)) {}

  FollowedKeys follow() {
    return {{.signs_by = find_jws_algorithm("ES256"), .secret = {}, .directory = keys_.path()},
            clock_};
  }
  JwsOutcome outcome(const FollowedKeys& keys, const std::string& token) {
    return keys.verify(token).outcome;
  }
  // As if the last change lay `age` back.
  void age_directory(std::chrono::milliseconds age) {
    std::filesystem::last_write_time(keys_.path(),
                                     std::filesystem::file_time_type::clock::now() - age);
  }

  doubles::MadeKeys keys_;
  std::string first_;
  doubles::FakeClock clock_;
};

TEST_F(FollowedKeysTest, ANewKeyMaySignBeforeAnotherWorkerHasHeardOfIt) {
  const FollowedKeys one = follow();
  const FollowedKeys other = follow();
  (void)keys_.add("ES256", kNow + 1);
  clock_.advance_ms(kKeyLookEveryMs);
  const std::string token = one.sign(kPayload, kNow + 1);
  EXPECT_NE(token, one.sign(kPayload, kNow));
  EXPECT_EQ(outcome(other, token), JwsOutcome::kOk);
}

TEST_F(FollowedKeysTest, AnUnknownKidMakesItLookWithinTheSecond) {
  const FollowedKeys one = follow();
  (void)keys_.add("ES256", kNow + 1);
  const FollowedKeys newer = follow();
  const std::string token = newer.sign(kPayload, kNow + 1);
  EXPECT_EQ(outcome(one, token), JwsOutcome::kOk) << "without a step of the clock";
}

TEST_F(FollowedKeysTest, ARetiredKeyStopsVerifyingWithinTheSecond) {
  (void)keys_.add("ES256", kNow + 1);
  const FollowedKeys one = follow();
  const std::string token = one.sign(kPayload, kNow);
  retire_key_file(keys_.path(), first_);
  clock_.advance_ms(kKeyLookEveryMs - 1);
  EXPECT_EQ(outcome(one, token), JwsOutcome::kOk) << "it looks once a second";
  clock_.advance_ms(1);
  EXPECT_EQ(outcome(one, token), JwsOutcome::kUnknownKey);
  EXPECT_EQ(one.public_keys().json.find("kid"), one.public_keys().json.rfind("kid"));
}

// Every worker signs a session's refresh token with the key of the moment at which it was made, so
// two that answer on both sides of a rotation answer alike.
TEST_F(FollowedKeysTest, ASignatureGoesByTheTimeGivenAndNotByTheClock) {
  const FollowedKeys one = follow();
  const std::string before = one.sign(kPayload, kNow);
  (void)keys_.add("ES256", kNow + 2'000);
  clock_.advance_ms(10'000);
  EXPECT_EQ(one.sign(kPayload, kNow + 1'999), before);
  EXPECT_NE(one.sign(kPayload, kNow + 2'000), before);
}

// Two changes within one tick of the file system's clock leave the directory with one time.
TEST_F(FollowedKeysTest, AChangeOfTheSameTickIsNotMissed) {
  const auto tick = std::filesystem::last_write_time(keys_.path());
  clock_.set_wall_ms(std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count());
  const FollowedKeys one = follow();
  (void)one.verify("x");
  (void)keys_.add("ES256", kNow + 1);
  std::filesystem::last_write_time(keys_.path(), tick);
  clock_.advance_ms(kKeyLookEveryMs);
  EXPECT_NE(one.sign(kPayload, kNow + 1), one.sign(kPayload, kNow));
}

TEST_F(FollowedKeysTest, WithoutAChangeNothingIsReadAgain) {
  age_directory(std::chrono::hours(1));
  const FollowedKeys one = follow();
  clock_.advance_ms(kKeyLookEveryMs);
  const std::string token = one.sign(kPayload, kNow);
  // A file that is changed in place is none that came: the ring must not notice.
  keys_.put(first_, "no key any more");
  for (int i = 0; i < 3; ++i) {
    clock_.advance_ms(kKeyLookEveryMs);
    EXPECT_EQ(one.sign(kPayload, kNow), token);
  }
}

TEST_F(FollowedKeysTest, ABrokenKeyLeavesTheRingAsItWasAndIsSaidOnce) {
  const doubles::CapturedLog log;
  const FollowedKeys one = follow();
  const std::string token = one.sign(kPayload, kNow);
  keys_.put("20260219T103046.000Z-ES256.pem", "no key");
  for (int i = 0; i < 3; ++i) {
    clock_.advance_ms(kKeyLookEveryMs);
    EXPECT_EQ(one.sign(kPayload, kNow), token);
  }
  ASSERT_EQ(log.lines().size(), 1U) << log.text();
  EXPECT_EQ(log.lines()[0].find_string("level"), "WARNING");
  EXPECT_EQ(log.lines()[0].find_string("logger"), "latchkey.keys");
  EXPECT_THAT(std::string(*log.lines()[0].find_string("cause")), HasSubstr("103046.000Z"));

  // It is mended without a change of the directory.
  const doubles::MadeKeys elsewhere;
  keys_.put("20260219T103046.000Z-ES256.pem", elsewhere.content(elsewhere.add("ES256", kNow)));
  clock_.advance_ms(kKeyLookEveryMs);
  EXPECT_NE(one.sign(kPayload, kNow + 1'000), one.sign(kPayload, kNow));
  ASSERT_EQ(log.lines().size(), 2U) << log.text();
  EXPECT_EQ(log.lines()[1].find_string("level"), "INFO");
}

// Somebody's slip must not keep a worker from keys that came before it, or went.
TEST_F(FollowedKeysTest, ABrokenKeyHidesNoOtherChange) {
  const FollowedKeys idle = follow();
  const std::string old_token = idle.sign(kPayload, kNow);
  (void)keys_.add("ES256", kNow + 1);
  const std::string token = follow().sign(kPayload, kNow + 1);
  retire_key_file(keys_.path(), first_);
  keys_.put("20260219T103046.000Z-ES256.pem", "no key");
  clock_.advance_ms(kKeyLookEveryMs);
  EXPECT_EQ(outcome(idle, token), JwsOutcome::kOk);
  EXPECT_EQ(outcome(idle, old_token), JwsOutcome::kUnknownKey);
}

// A slip with a key of the ring logs nobody out.
TEST_F(FollowedKeysTest, AKeyThatCannotBeUsedAnyMoreStaysInTheRing) {
  (void)keys_.add("ES256", kNow + 1);
  const FollowedKeys one = follow();
  const std::string token = one.sign(kPayload, kNow);
  std::filesystem::permissions(keys_.path() + "/" + first_, std::filesystem::perms(0644));
  (void)keys_.add("ES256", kNow + 2);
  clock_.advance_ms(kKeyLookEveryMs);
  EXPECT_EQ(outcome(one, token), JwsOutcome::kOk);
}

TEST_F(FollowedKeysTest, ADirectoryThatIsGoneLeavesTheRingAsItWas) {
  const doubles::CapturedLog log;
  const FollowedKeys one = follow();
  const std::string token = one.sign(kPayload, kNow);
  std::filesystem::rename(keys_.path(), keys_.path() + ".away");
  clock_.advance_ms(kKeyLookEveryMs);
  EXPECT_EQ(outcome(one, token), JwsOutcome::kOk);
  std::filesystem::rename(keys_.path() + ".away", keys_.path());
  clock_.advance_ms(kKeyLookEveryMs);
  EXPECT_EQ(outcome(one, token), JwsOutcome::kOk);
}

TEST_F(FollowedKeysTest, WhatIsWrongAtTheStartIsAnError) {
  keys_.put("20260219T103046.000Z-ES256.pem", "no key");
  try {
    (void)follow();
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.cause(), HasSubstr("no private key"));
  }
}

TEST(FollowedSecretTest, WithoutADirectoryTheSecretIsAllThereIs) {
  const doubles::FakeClock clock;
  const FollowedKeys keys(
      {.signs_by = find_jws_algorithm("HS256"),
       .secret = base::Secret(std::string_view("a secret of the settings, 32 bytes or more")),
       .directory = {}},
      clock);
  EXPECT_EQ(keys.verify(keys.sign(kPayload, kNow)).outcome, JwsOutcome::kOk);
  EXPECT_EQ(keys.verify("a.b.c").outcome, JwsOutcome::kMalformed);
  EXPECT_EQ(keys.public_keys().json, R"({"keys":[]})");
}

}  // namespace
}  // namespace latchkey::crypto
