// SPDX-License-Identifier: Apache-2.0
#include "cli/keys_view.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/doctor_keys.h"
#include "doubles/made_keys.h"

namespace latchkey::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kNow = 20'000 * kDayMs;  // 2024-10-04
constexpr KeyTimes kTimes{.now_ms = kNow, .token_lifetime_ms = 7 * kDayMs};

const crypto::JwsAlgorithm& row(std::string_view name) { return *crypto::find_jws_algorithm(name); }

crypto::KeyListing key(std::string_view algorithm, std::int64_t signs_from_ms) {
  const crypto::KeyFileName name{signs_from_ms, &row(algorithm)};
  return {.kid = "kid-" + std::to_string(signs_from_ms / kDayMs),
          .algorithm = &row(algorithm),
          .signs_from_ms = signs_from_ms,
          .file = signs_from_ms == 0 ? std::string() : name.text(),
          .bits = 256};
}

std::vector<KeyState> states_of(const std::vector<KeyRow>& rows) {
  std::vector<KeyState> states;
  for (const KeyRow& row : rows) states.push_back(row.state);
  return states;
}

TEST(KeyRows, TheNewestWhoseTimeHasComeSignsAndItsPredecessorsWaitForTheirTokens) {
  const auto rows = key_rows({key("ES256", kNow - 30 * kDayMs), key("ES256", kNow - 3 * kDayMs),
                              key("ES256", kNow + kDayMs)},
                             row("ES256"), kTimes);
  EXPECT_THAT(states_of(rows),
              ElementsAre(KeyState::kVerifies, KeyState::kSigns, KeyState::kNotYet));
  EXPECT_EQ(rows[0].retirable_from_ms, kNow + 4 * kDayMs) << "its successor's start, and 7 days";
  EXPECT_EQ(rows[1].retirable_from_ms, std::nullopt);
  EXPECT_EQ(rows[2].retirable_from_ms, kNow);
}

// Files do not tell when JWT_ALGORITHM was changed.
TEST(KeyRows, OfAnotherAlgorithmNobodyKnowsUntilWhenItSigned) {
  const auto rows =
      key_rows({key("HS256", 0), key("ES256", kNow - 30 * kDayMs)}, row("ES256"), kTimes);
  EXPECT_THAT(states_of(rows), ElementsAre(KeyState::kVerifies, KeyState::kSigns));
  EXPECT_EQ(rows[0].retirable_from_ms, std::nullopt);
}

TEST(KeyRows, AnOnlyKeySignsThoughItsTimeHasNotCome) {
  const auto rows = key_rows({key("ES256", kNow + kDayMs)}, row("ES256"), kTimes);
  EXPECT_THAT(states_of(rows), ElementsAre(KeyState::kSigns));
}

TEST(KeysTable, HasALineForEachKey) {
  const auto rows = key_rows({key("HS256", 0), key("HS256", kNow - kDayMs)}, row("HS256"), kTimes);
  EXPECT_EQ(
      keys_table(rows, kTimes),
      "KID        ALGORITHM  STATE     SIGNS FROM            MAY BE RETIRED             FILE\n"
      "kid-0      HS256/256  verifies  -                     from 2024-10-10 00:00:00Z  "
      "JWT_SECRET_KEY\n"
      "kid-19999  HS256/256  signs     2024-10-03 00:00:00Z  no                         "
      "20241003T000000.000Z-HS256.key\n");
}

TEST(KeysJson, HasALineForEachKey) {
  const auto rows = key_rows({key("HS256", 0), key("HS256", kNow - kDayMs)}, row("HS256"), kTimes);
  EXPECT_EQ(keys_json(rows),
            R"({"kid":"kid-0","algorithm":"HS256","bits":256,"state":"verifies","signs_from":null,)"
            R"("retirable_from":"2024-10-10T00:00:00.000Z","file":null})"
            "\n"
            R"({"kid":"kid-19999","algorithm":"HS256","bits":256,"state":"signs",)"
            R"("signs_from":"2024-10-03T00:00:00.000Z","retirable_from":null,)"
            R"("file":"20241003T000000.000Z-HS256.key"})"
            "\n");
}

TEST(JudgeKeysDir, GoesByWhoMayChangeIt) {
  const auto mark = [](mode_t mode) {
    return judge_keys_dir("/keys", {.error = 0, .mode = mode, .owner = 0}).mark;
  };
  EXPECT_EQ(mark(S_IFDIR | 0750), Mark::kOk);
  EXPECT_EQ(mark(S_IFDIR | 0770), Mark::kWarning);
  EXPECT_EQ(mark(S_IFDIR | 0752), Mark::kFailure);
  EXPECT_EQ(mark(S_IFREG | 0640), Mark::kFailure);
  EXPECT_EQ(judge_keys_dir("/keys", {.error = ENOENT}).mark, Mark::kFailure);
  EXPECT_EQ(judge_keys_dir("/keys", {.error = EACCES}).mark, Mark::kCouldNotAsk);
}

TEST(JudgeKeys, NamesTheSignerAndEveryFault) {
  const doubles::MadeKeys keys;
  config::Settings settings;
  settings.jwt_algorithm = &row("EdDSA");
  settings.jwt_keys_dir = keys.path();
  const Findings none = judge_keys(settings, kNow);
  ASSERT_EQ(none.size(), 2U);
  EXPECT_EQ(none[1].mark, Mark::kFailure);
  EXPECT_THAT(none[1].found, HasSubstr("latchkey keys generate"));

  const std::string name = keys.add("EdDSA", kNow);
  const Findings good = judge_keys(settings, kNow);
  ASSERT_EQ(good.size(), 2U);
  EXPECT_EQ(good[1].mark, Mark::kOk);
  EXPECT_THAT(good[1].found, HasSubstr("signs by EdDSA with 256 bits; 1 key verifies."));

  keys.put(name + "~", keys.content(name));
  EXPECT_EQ(judge_keys(settings, kNow)[1].mark, Mark::kWarning);
  keys.put(name, keys.content(name), 0644);
  EXPECT_EQ(judge_keys(settings, kNow)[1].mark, Mark::kFailure);
}

}  // namespace
}  // namespace latchkey::cli
