// SPDX-License-Identifier: Apache-2.0
// The settings of hashing that depend on each other.
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "config/load.h"
#include "surroundings.h"

namespace latchkey::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PasswordSettingsTest, TakesTheSettingsOfArgon2id) {
  const Settings s = load_from(with({{"PASSWORD_HASH", "argon2id"},
                                     {"ARGON2_MEMORY", "65536"},
                                     {"ARGON2_PASSES", "3"},
                                     {"PASSWORD_MIN_LENGTH", "100"},
                                     {"PASSWORD_POLICY", "strength"},
                                     {"PASSWORD_MIN_SCORE", "4"}}));
  EXPECT_EQ(s.password_hash->name, "argon2id");
  EXPECT_EQ(
      s.password_cost(),
      (crypto::PasswordCost{.bcrypt_rounds = 12, .argon2_memory_kib = 65'536, .argon2_passes = 3}));
  EXPECT_EQ(s.password_min_length, 100) << "72 bytes are bcrypt's bound";
  EXPECT_EQ(s.password_policy, PasswordPolicy::kStrength);
  EXPECT_EQ(s.password_min_score, 4);
  EXPECT_THAT(s.warnings, IsEmpty());
}

TEST(PasswordSettingsTest, AHashMustFitIntoTheMemoryOfAWorker) {
  const Variables large = with({{"PASSWORD_HASH", "argon2id"}, {"ARGON2_MEMORY", "131072"}});
  EXPECT_THAT(errors_of(large), IsEmpty());
  Variables tight = large;
  tight["WORKER_MEMORY_MAX"] = "135";
  EXPECT_THAT(errors_of(tight),
              ElementsAre("WORKER_MEMORY_MAX: is 135 MiB, but argon2id takes 128 MiB, and the rest "
                          "of a worker 8"));
  tight["PASSWORD_HASH"] = "bcrypt";
  EXPECT_THAT(errors_of(tight), IsEmpty());
}

TEST(PasswordSettingsTest, WarnsOfCheapHashesInProduction) {
  const auto warnings = [](const std::string& memory, const std::string& passes) {
    return load_from(with({{"PASSWORD_HASH", "argon2id"},
                           {"BCRYPT_ROUNDS", "4"},  // of no use here
                           {"ARGON2_MEMORY", memory},
                           {"ARGON2_PASSES", passes}}))
        .warnings.size();
  };
  for (const auto& [memory, passes] : {std::pair{"47104", "1"}, std::pair{"19456", "2"},
                                       std::pair{"12288", "3"}, std::pair{"7168", "5"}}) {
    EXPECT_EQ(warnings(memory, passes), 0U) << memory;
  }
  for (const auto& [memory, passes] :
       {std::pair{"32768", "1"}, std::pair{"7168", "4"}, std::pair{"4096", "16"}}) {
    EXPECT_EQ(warnings(memory, passes), 1U) << memory;
  }
}

}  // namespace
}  // namespace latchkey::config
