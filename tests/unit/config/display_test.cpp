// SPDX-License-Identifier: Apache-2.0
#include "config/display.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/rows.h"
#include "surroundings.h"

namespace latchkey::config {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// No three characters in a row of a secret, wherever they stand.
void expect_no_part_of(std::string_view secret, const std::string& text) {
  for (std::size_t i = 0; i + 3 <= secret.size(); ++i) {
    EXPECT_THAT(text, Not(HasSubstr(std::string(secret.substr(i, 3)))));
  }
}

constexpr std::string_view kUrlSecret = "qXz7Wv9KjY4";
constexpr std::string_view kKeySecret = "8Jd3-Qp6Zr2Vn5Xt9Lw4Bk7Hs1Gf0Mc~Yb";

TEST(ShowSettingsTest, ShowsValuesAndWhereTheyComeFrom) {
  const TemporaryFile file("BCRYPT_ROUNDS=4\n");
  const std::string text = show_settings(load_from(with({{"LOG_LEVEL", "DEBUG"}}), file.path()));
  EXPECT_THAT(text, ContainsRegex("\nLOG_LEVEL +environment +DEBUG\n"));
  EXPECT_THAT(text, ContainsRegex("\nBCRYPT_ROUNDS +file +4\n"));
  EXPECT_THAT(text, ContainsRegex("\nDATABASE_TIMEOUT +default +2s\n"));
  EXPECT_THAT(text, ContainsRegex("\nCORS_ORIGINS +default +.empty.\n"));
  EXPECT_THAT(text, HasSubstr("\nwarning: BCRYPT_ROUNDS is 4"));
  for (const Row& row : rows()) {
    EXPECT_EQ(text.find(row.name) != std::string::npos, row.is_listed()) << row.name;
  }
}

TEST(ShowSettingsTest, MasksSecretsWholly) {
  const std::string url = "postgresql://app:" + std::string(kUrlSecret) + "@db/latchkey";
  const std::string text = show_settings(
      load_from({{"DATABASE_URL", url}, {"JWT_SECRET_KEY", std::string(kKeySecret)}}));
  EXPECT_THAT(text, AllOf(ContainsRegex("DATABASE_URL +environment +[*]{8}\n"),
                          ContainsRegex("JWT_SECRET_KEY +environment +[*]{8}\n")));
  expect_no_part_of(kUrlSecret, text);
  expect_no_part_of(kKeySecret, text);
}

TEST(ConfigurationErrorTest, ShowsNoSecret) {
  for (const std::string& url : {"mysql://app:" + std::string(kUrlSecret) + "@db",
                                 "postgresql://app:" + std::string(kUrlSecret) + " @db",
                                 "host=db password='" + std::string(kUrlSecret)}) {
    for (const auto& key : {kKeySecret.substr(0, 20), kKeySecret.substr(0, 5)}) {
      const Variables variables{{"DATABASE_URL", url}, {"JWT_SECRET_KEY", std::string(key)}};
      const auto errors = errors_of(variables);
      EXPECT_EQ(errors.size(), 2U);
      for (const std::string& error : errors) {
        expect_no_part_of(kUrlSecret, error);
        expect_no_part_of(kKeySecret, error);
      }
    }
  }
}

TEST(ConfigurationErrorTest, ShowsNoSecretOfABrokenFile) {
  const std::string key(kKeySecret);
  const TemporaryFile file("JWT_SECRET_KEY: " + key + "\nJWT_SECRET_KEY=\"" + key +
                           "\nDATABASE_URL=" + key + "\\\nJWT_SECRET=" + key + "\n");
  const auto errors = errors_of({}, file.path());
  EXPECT_GE(errors.size(), 4U);
  for (const std::string& error : errors) expect_no_part_of(kKeySecret, error);
}

TEST(SettingsForScriptsTest, HasEverySettingThatIsNoSecret) {
  const TemporaryFile file("CORS_ORIGINS=https://a.example\nJWT_SECRET_KEY=\n");
  const std::string text =
      settings_for_scripts(load_from(with({{"RATE_LIMIT_LOGIN", "off"}}), file.path()));
  EXPECT_THAT(
      text,
      AllOf(HasSubstr("\nRATE_LIMIT_LOGIN=off\n"), HasSubstr("\nWORKER_TIMEOUT=30s\n"),
            HasSubstr("\nCORS_ORIGINS=https://a.example\n"), HasSubstr("\nMETRICS_NETWORKS=\n")));
  for (const Row& row : rows()) {
    EXPECT_EQ(("\n" + text).find("\n" + std::string(row.name) + "=") != std::string::npos,
              row.is_listed() && !row.is_secret())
        << row.name;
  }
}

TEST(ListSettingsTest, ListsEveryRowWithItsDefault) {
  const std::string text = list_settings();
  for (const Row& row : rows()) {
    EXPECT_EQ(text.find("\n  " + std::string(row.name) + "\n") != std::string::npos,
              row.is_listed())
        << row.name;
  }
  EXPECT_THAT(text, HasSubstr("Allowed: 4 to 16. Default: 12."));
  EXPECT_THAT(text, HasSubstr("Allowed: length, composition or strength. Default:"));
  EXPECT_THAT(text, HasSubstr("Required."));
}

TEST(ListSettingsTest, FitsATerminal) {
  std::istringstream lines(list_settings() + env_example());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

// The two files below must give what no file gives.
void expect_defaults(const std::string& example) {
  const TemporaryFile file(example);
  const Variables required{{"DATABASE_URL", kGoodUrl}, {"JWT_SECRET_KEY", kGoodKey}};
  const Settings from_file = load_from(required, file.path());
  const Settings from_nothing = load_from(required);
  ASSERT_EQ(from_file.provenance.size(), from_nothing.provenance.size());
  for (std::size_t i = 0; i < from_file.provenance.size(); ++i) {
    EXPECT_EQ(from_file.provenance[i].shown, from_nothing.provenance[i].shown)
        << from_file.provenance[i].name;
  }
}

TEST(EnvExampleTest, GivesTheDefaultsAsItIs) { expect_defaults(env_example()); }

TEST(EnvExampleTest, GivesTheDefaultsWhenEveryLineIsUncommented) {
  std::istringstream lines(env_example());
  std::string uncommented;
  for (std::string line; std::getline(lines, line);) {
    const bool is_setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    uncommented += line.substr(is_setting ? 1 : 0) + "\n";
  }
  for (const Row& row : rows()) {
    EXPECT_EQ(uncommented.find("\n" + std::string(row.name) + "=") != std::string::npos,
              row.is_listed())
        << row.name;
  }
  expect_defaults(uncommented);
}

TEST(EnvExampleTest, IsNotUsableBeforeTheSecretIsFilledIn) {
  const TemporaryFile file(env_example());
  EXPECT_THAT(errors_of({}, file.path()),
              ::testing::ElementsAre(HasSubstr("JWT_SECRET_KEY: is required")));
}

}  // namespace
}  // namespace latchkey::config
