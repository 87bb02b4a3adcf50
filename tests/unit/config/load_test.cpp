// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "surroundings.h"

namespace latchkey::config {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

Source source_of(const Settings& settings, std::string_view name) {
  return std::ranges::find(settings.provenance, name, &Provenance::name)->source;
}

TEST(LoadTest, HasADefaultForEverythingThatIsNotRequired) {
  const Settings s = load_from(with({}));
  EXPECT_EQ(s.database_url.reveal(), kGoodUrl);
  EXPECT_EQ(s.database_timeout, 2s);
  EXPECT_TRUE(s.database_prepared);
  EXPECT_EQ(s.jwt_secret_key.reveal(), kGoodKey);
  EXPECT_EQ(s.jwt_algorithm->name, "HS256");
  EXPECT_EQ(s.jwt_issuer, "latchkey");
  EXPECT_EQ(s.access_token_lifetime, 30min);
  EXPECT_EQ(s.refresh_token_lifetime, 168h);
  EXPECT_EQ(s.refresh_reuse_leeway, 10s);
  EXPECT_EQ(s.password_hash->name, "bcrypt");
  EXPECT_EQ(s.bcrypt_rounds, 12);
  EXPECT_EQ(s.password_policy, PasswordPolicy::kLength);
  EXPECT_EQ(s.password_min_length, 8);
  EXPECT_EQ(s.login_throttle_free, 10);
  EXPECT_EQ(s.login_throttle_max_delay, 15min);
  EXPECT_EQ(s.login_throttle_reset, 24h);
  EXPECT_EQ(s.password_min_score, 3);
  EXPECT_EQ(s.password_blocklist, "");
  EXPECT_EQ(s.argon2_memory_kib, 19'456);
  EXPECT_EQ(s.argon2_passes, 2);
  EXPECT_THAT(s.cors_origins, IsEmpty());
  EXPECT_EQ(s.log_level, base::LogLevel::kInfo);
  EXPECT_EQ(s.environment, Deployment::kProduction);
  EXPECT_EQ(s.circuit_breaker_threshold, 5);
  EXPECT_EQ(s.circuit_breaker_timeout, 60s);
  EXPECT_EQ(s.circuit_breaker_half_open_max_calls, 1);
  EXPECT_EQ(s.runtime_dir, "/run/latchkey");
  EXPECT_EQ(s.worker_timeout, 30s);
  EXPECT_EQ(s.worker_max_requests, 100'000);
  EXPECT_EQ(s.worker_idle_exit, 0s);
  EXPECT_EQ(s.rate_limit_login, Rate{10});
  EXPECT_EQ(s.rate_limit_register, Rate{10});
  EXPECT_EQ(s.hash_queue_login, 16);
  EXPECT_EQ(s.hash_queue_register, 80);
  EXPECT_THAT(s.warnings, IsEmpty());
}

TEST(LoadTest, TakesEveryValueFromTheEnvironment) {
  const Settings s = load_from(with({
      {"DATABASE_TIMEOUT", "500ms"},
      {"DATABASE_PREPARED", "off"},
      {"JWT_ALGORITHM", "HS256"},
      {"JWT_ISSUER", "https://login.example.com"},
      {"JWT_KEYS_DIR", ""},
      {"ACCESS_TOKEN_EXPIRE_MINUTES", "15"},
      {"REFRESH_TOKEN_EXPIRE_DAYS", "30"},
      {"REFRESH_REUSE_LEEWAY", "0"},
      {"PASSWORD_HASH", "bcrypt"},
      {"BCRYPT_ROUNDS", "10"},
      {"PASSWORD_POLICY", "composition"},
      {"PASSWORD_MIN_LENGTH", "12"},
      {"PASSWORD_BLOCKLIST", ""},
      {"CORS_ORIGINS", "https://a.example.com, http://localhost:3000"},
      {"LOG_LEVEL", "debug"},
      {"ENVIRONMENT", "development"},
      {"CIRCUIT_BREAKER_THRESHOLD", "3"},
      {"CIRCUIT_BREAKER_TIMEOUT", "2"},
      {"CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS", "2"},
      {"RUNTIME_DIR", "/tmp/latchkey"},
      {"WORKER_TIMEOUT", "1m"},
      {"WORKER_MAX_REQUESTS", "0"},
      {"WORKER_IDLE_EXIT", "10m"},
      {"RATE_LIMIT_LOGIN", "off"},
      {"RATE_LIMIT_REGISTER", "5r/s"},
      {"HASH_QUEUE_LOGIN", "1"},
      {"HASH_QUEUE_REGISTER", "2"},
  }));
  EXPECT_EQ(s.database_timeout, 500ms);
  EXPECT_FALSE(s.database_prepared);
  EXPECT_EQ(s.jwt_issuer, "https://login.example.com");
  EXPECT_EQ(s.access_token_lifetime, 15min);
  EXPECT_EQ(s.refresh_token_lifetime, 720h);
  EXPECT_EQ(s.refresh_reuse_leeway, 0s);
  EXPECT_EQ(s.bcrypt_rounds, 10);
  EXPECT_EQ(s.password_policy, PasswordPolicy::kComposition);
  EXPECT_EQ(s.password_min_length, 12);
  EXPECT_THAT(s.cors_origins, ElementsAre("https://a.example.com", "http://localhost:3000"));
  EXPECT_EQ(s.log_level, base::LogLevel::kDebug);
  EXPECT_EQ(s.environment, Deployment::kDevelopment);
  EXPECT_EQ(s.circuit_breaker_threshold, 3);
  EXPECT_EQ(s.circuit_breaker_timeout, 2s);
  EXPECT_EQ(s.circuit_breaker_half_open_max_calls, 2);
  EXPECT_EQ(s.runtime_dir, "/tmp/latchkey");
  EXPECT_EQ(s.worker_timeout, 1min);
  EXPECT_EQ(s.worker_max_requests, 0);
  EXPECT_EQ(s.worker_idle_exit, 10min);
  EXPECT_EQ(s.rate_limit_login, Rate{0});
  EXPECT_EQ(s.rate_limit_register, Rate{300});
  EXPECT_EQ(s.hash_queue_login, 1);
  EXPECT_EQ(s.hash_queue_register, 2);
}

TEST(LoadTest, LaysTheEnvironmentOverTheFileOverTheDefaults) {
  const TemporaryFile file("JWT_ISSUER=file\nLOG_LEVEL=ERROR\nCORS_ORIGINS=https://a.example\n");
  const Settings s =
      load_from(with({{"JWT_ISSUER", "environment"}, {"CORS_ORIGINS", ""}}), file.path());
  EXPECT_EQ(s.jwt_issuer, "environment");
  EXPECT_EQ(s.log_level, base::LogLevel::kError);
  EXPECT_THAT(s.cors_origins, IsEmpty());  // empty is a value too
  EXPECT_EQ(source_of(s, "JWT_ISSUER"), Source::kEnvironment);
  EXPECT_EQ(source_of(s, "LOG_LEVEL"), Source::kFile);
  EXPECT_EQ(source_of(s, "BCRYPT_ROUNDS"), Source::kDefault);
}

// What readers of other formats would expand, split or unescape.
TEST(LoadTest, ChangesNoByteOfASecret) {
  const std::string url = R"(host=db password='a\\b:c=d#e!f${PATH}\'"%20' dbname=x)";
  const std::string key = R"(k:e=y#with!${HOME}\and"quotes'and more)";
  const Settings from_environment = load_from({{"DATABASE_URL", url}, {"JWT_SECRET_KEY", key}});
  EXPECT_EQ(from_environment.database_url.reveal(), url);
  EXPECT_EQ(from_environment.jwt_secret_key.reveal(), key);

  const TemporaryFile file(
      R"(DATABASE_URL="host=db password='a\\\\b:c=d#e!f\${PATH}\\'\"%20' dbname=x")"
      "\n"
      R"(JWT_SECRET_KEY="k:e=y#with!${HOME}\and\"quotes'and more")"
      "\n");
  const Settings from_file = load_from({}, file.path());
  EXPECT_EQ(from_file.database_url.reveal(), url);
  EXPECT_EQ(from_file.jwt_secret_key.reveal(), key);
}

TEST(LoadTest, IgnoresOtherVariables) {
  EXPECT_NO_THROW(load_from(with({{"PATH", "/bin"}, {"DATABASE_URLS", "x"}, {"log_level", "x"}})));
  const char* const odd[] = {"NO_EQUALS", "", "=x", "DATABASE_URL", nullptr};
  EXPECT_THROW(load(odd, std::nullopt), ConfigurationError);
}

TEST(LoadTest, RefusesUnknownNamesInTheFileWithAHint) {
  const TemporaryFile file("DATABSE_TIMEOUT=2s\nlog_level=INFO\nSOMETHING_ELSE=secret-value\n");
  const auto errors = errors_of(with({}), file.path());
  ASSERT_THAT(errors, SizeIs(3));
  EXPECT_EQ(errors[0], file.path() +
                           ": line 1 sets DATABSE_TIMEOUT, which is no setting; did you "
                           "mean DATABASE_TIMEOUT?");
  EXPECT_THAT(errors[1], HasSubstr("did you mean LOG_LEVEL?"));
  EXPECT_THAT(errors[2], AllOf(HasSubstr("SOMETHING_ELSE"), Not(HasSubstr("did you mean")),
                               Not(HasSubstr("secret-value"))));
}

TEST(LoadTest, NamesTheFileThatItCannotRead) {
  EXPECT_THAT(errors_of(with({}), "/nonexistent/latchkey.env"),
              ElementsAre("/nonexistent/latchkey.env: cannot be read: No such file or directory"));
}

TEST(LoadTest, SaysWhatIsRequired) {
  EXPECT_THAT(errors_of({}), ElementsAre(StartsWith("DATABASE_URL: is required"),
                                         StartsWith("JWT_SECRET_KEY: is required")));
  EXPECT_THAT(
      errors_of({{"DATABASE_URL", ""}, {"JWT_SECRET_KEY", ""}}),
      ElementsAre(StartsWith("DATABASE_URL: is empty"), StartsWith("JWT_SECRET_KEY: is required")));
}

TEST(LoadTest, SaysWhereABadValueStands) {
  const TemporaryFile file("BCRYPT_ROUNDS=99\n");
  EXPECT_THAT(
      errors_of(with({{"LOG_LEVEL", "LOUD"}}), file.path()),
      ElementsAre(HasSubstr("(in " + file.path() + ")"), HasSubstr("(in the environment)")));
}

TEST(LoadTest, ReportsEveryFaultAtOnce) {
  const TemporaryFile file("NO_EQUALS\nUNKNOWN=1\nBCRYPT_ROUNDS=99\n");
  const auto errors = errors_of({{"JWT_SECRET_KEY", "short"},
                                 {"LOG_LEVEL", "LOUD"},
                                 {"CORS_ORIGINS", "*"},
                                 {"PASSWORD_MIN_LENGTH", "100"}},
                                file.path());
  EXPECT_THAT(errors, ElementsAre(HasSubstr("line 1"), HasSubstr("UNKNOWN"),
                                  StartsWith("DATABASE_URL"), StartsWith("JWT_SECRET_KEY"),
                                  StartsWith("BCRYPT_ROUNDS"), StartsWith("CORS_ORIGINS"),
                                  StartsWith("LOG_LEVEL"), StartsWith("PASSWORD_MIN_LENGTH")));
}

// The command to run is in the message: who reads it is about to start the service.
TEST(LoadTest, AnAlgorithmNeedsAKeyOfItsOwn) {
  EXPECT_THAT(errors_of(with({{"JWT_ALGORITHM", "ES256"}})),
              ElementsAre(AllOf(StartsWith("JWT_KEYS_DIR: is required by JWT_ALGORITHM=ES256"),
                                HasSubstr("latchkey keys generate"))));
  EXPECT_THAT(errors_of(with({{"JWT_ALGORITHM", "EdDSA"}, {"JWT_KEYS_DIR", "/nonexistent"}})),
              ElementsAre(StartsWith("JWT_KEYS_DIR: /nonexistent cannot be read")));

  std::string empty = "/tmp/latchkey-keys-XXXXXX";
  ASSERT_NE(mkdtemp(empty.data()), nullptr);
  EXPECT_THAT(errors_of({{"DATABASE_URL", kGoodUrl}, {"JWT_KEYS_DIR", empty}}),
              ElementsAre(HasSubstr("latchkey keys generate --algorithm HS256")));
  EXPECT_THAT(errors_of(with({{"JWT_KEYS_DIR", empty}})), IsEmpty());
  rmdir(empty.c_str());
}

TEST(LoadTest, LetsToolsThatOnlyLookDoWithoutWhatIsRequired) {
  const auto look = [](const char* key) {
    const char* const environment[] = {key, "LOG_LEVEL=ERROR", nullptr};
    return load(environment, std::nullopt, Required::kMayBeMissing);
  };
  EXPECT_TRUE(look("JWT_SECRET_KEY=").jwt_secret_key.empty());
  EXPECT_EQ(look("OTHER=").log_level, base::LogLevel::kError);
  EXPECT_THROW(look("JWT_SECRET_KEY=short"), ConfigurationError);
}

TEST(LoadTest, WhatIsThrownHasOneErrorALine) {
  try {
    (void)load_from({});
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(std::string(error.what()), error.errors()[0] + "\n" + error.errors()[1]);
  }
}

TEST(LoadTest, KeepsLongAndUnprintableValuesOutOfMessages) {
  const auto errors =
      errors_of(with({{"LOG_LEVEL", std::string(5000, 'x')}, {"ENVIRONMENT", "a\x1B[31m\n"}}));
  ASSERT_THAT(errors, SizeIs(2));
  for (const std::string& error : errors) {
    EXPECT_LT(error.size(), 300U);
    EXPECT_THAT(error, AllOf(Not(HasSubstr("\x1B")), Not(HasSubstr("\n"))));
  }
}

TEST(LoadTest, ComparesTheTimeouts) {
  EXPECT_THAT(errors_of(with({{"WORKER_TIMEOUT", "2s"}})),
              ElementsAre("WORKER_TIMEOUT: is 2s, and must be longer than DATABASE_TIMEOUT, which "
                          "is 2s"));
  // Not against a default that stands in for a faulty value.
  EXPECT_THAT(errors_of(with({{"WORKER_TIMEOUT", "2s"}, {"DATABASE_TIMEOUT", "1x"}})),
              ElementsAre(StartsWith("DATABASE_TIMEOUT")));
}

TEST(LoadTest, TheThrottleCanBeSwitchedOff) {
  EXPECT_EQ(load_from(with({{"LOGIN_THROTTLE_FREE", "off"}})).login_throttle_free, 0);
  EXPECT_THAT(load_from(with({{"LOGIN_THROTTLE_FREE", "off"}})).warnings,
              ElementsAre(StartsWith("LOGIN_THROTTLE_FREE is off")));
  EXPECT_THAT(errors_of(with({{"LOGIN_THROTTLE_FREE", "0"}})),
              ElementsAre(HasSubstr("allowed: off or 1 to 1000")));
}

TEST(LoadTest, WhatIsForgottenIsOlderThanTheLongestDelay) {
  EXPECT_EQ(load_from(with({{"LOGIN_THROTTLE_MAX_DELAY", "1h"}, {"LOGIN_THROTTLE_RESET", "1h"}}))
                .login_throttle_reset,
            1h);
  EXPECT_THAT(errors_of(with({{"LOGIN_THROTTLE_RESET", "10m"}})),
              ElementsAre("LOGIN_THROTTLE_RESET: is 10m, and must not be shorter than "
                          "LOGIN_THROTTLE_MAX_DELAY, which is 15m"));
  EXPECT_THAT(errors_of(with({{"LOGIN_THROTTLE_RESET", "10m"}, {"LOGIN_THROTTLE_MAX_DELAY", "x"}})),
              ElementsAre(StartsWith("LOGIN_THROTTLE_MAX_DELAY")));
}

TEST(LoadTest, ComparesThePasswordLengthWithTheScheme) {
  EXPECT_EQ(load_from(with({{"PASSWORD_MIN_LENGTH", "72"}})).password_min_length, 72);
  EXPECT_THAT(errors_of(with({{"PASSWORD_MIN_LENGTH", "73"}})),
              ElementsAre("PASSWORD_MIN_LENGTH: is 73, but bcrypt takes at most 72 bytes"));
}

TEST(LoadTest, TheAddressForAdministratorsMayBeMissing) {
  const Settings none = load_from(with({}));
  EXPECT_TRUE(none.admin_database_url.empty());
  EXPECT_TRUE(load_from(with({{"ADMIN_DATABASE_URL", ""}})).admin_database_url.empty());
  const auto shown = [](const Settings& settings) {
    return std::ranges::find(settings.provenance, "ADMIN_DATABASE_URL", &Provenance::name)->shown;
  };
  EXPECT_EQ(shown(none), "");
  const Settings given = load_from(with({{"ADMIN_DATABASE_URL", kGoodUrl}}));
  EXPECT_EQ(given.admin_database_url.reveal(), kGoodUrl);
  EXPECT_EQ(shown(given), "********");
  EXPECT_EQ(errors_of(with({{"ADMIN_DATABASE_URL", "mysql://db"}})).size(), 1U);
}

TEST(LoadTest, KeepsForAsLongAsItIsTold) {
  const Settings settings =
      load_from(with({{"PURGE_SESSIONS_AFTER", "90"}, {"AUDIT_RETENTION", "0"}}));
  EXPECT_EQ(settings.purge_sessions_after, std::chrono::days(90));
  EXPECT_EQ(settings.audit_retention.count(), 0);
  for (const auto& [name, value] :
       {std::pair{"PURGE_SESSIONS_AFTER", "0"}, std::pair{"PURGE_SESSIONS_AFTER", "59m"},
        std::pair{"PURGE_SESSIONS_AFTER", "3661d"}, std::pair{"AUDIT_RETENTION", "23h"}}) {
    EXPECT_EQ(errors_of(with({{name, value}})).size(), 1U) << name << value;
  }
}

TEST(LoadTest, WarnsOfCheapHashesInProduction) {
  EXPECT_THAT(load_from(with({{"BCRYPT_ROUNDS", "9"}})).warnings,
              ElementsAre(HasSubstr("BCRYPT_ROUNDS is 9")));
  EXPECT_THAT(load_from(with({{"BCRYPT_ROUNDS", "10"}})).warnings, IsEmpty());
  EXPECT_THAT(load_from(with({{"BCRYPT_ROUNDS", "4"}, {"ENVIRONMENT", "development"}})).warnings,
              IsEmpty());
}

TEST(LoadTest, WarnsOfShortPasswordsInProduction) {
  EXPECT_THAT(load_from(with({{"PASSWORD_MIN_LENGTH", "7"}})).warnings,
              ElementsAre(HasSubstr("PASSWORD_MIN_LENGTH is 7")));
  EXPECT_THAT(load_from(with({{"PASSWORD_MIN_LENGTH", "8"}})).warnings, IsEmpty());
  EXPECT_THAT(
      load_from(with({{"PASSWORD_MIN_LENGTH", "1"}, {"ENVIRONMENT", "development"}})).warnings,
      IsEmpty());
}

TEST(Examine, GoesOnInSpiteOfFaults) {
  const char* const environment[]{"DATABASE_URL=nonsense", "BCRYPT_ROUNDS=99",
                                  "RUNTIME_DIR=/run/other", "CIRCUIT_BREAKER_THRESHOLD=7",
                                  static_cast<const char*>(nullptr)};
  const Examination found = examine(environment, "/nonexistent/file");
  EXPECT_EQ(found.errors.size(), 4U);  // the file, the URL, the rounds, and no key
  EXPECT_TRUE(found.settings.database_url.empty());
  EXPECT_EQ(found.settings.runtime_dir, "/run/other");
  EXPECT_EQ(found.settings.circuit_breaker_threshold, 7);
}

TEST(Examine, FindsNothingWhereThereIsNothing) {
  const std::string url = std::string("DATABASE_URL=") + kGoodUrl;
  const std::string key = std::string("JWT_SECRET_KEY=") + kGoodKey;
  const char* const environment[]{url.c_str(), key.c_str(), static_cast<const char*>(nullptr)};
  EXPECT_TRUE(examine(environment, std::nullopt).errors.empty());
}

}  // namespace
}  // namespace latchkey::config
