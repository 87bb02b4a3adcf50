// SPDX-License-Identifier: Apache-2.0
//
// Values that no setting takes, and what is said of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "surroundings.h"

namespace latchkey::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct BadValue {
  const char* name;
  const char* value;
  const char* says;
};

class BadValueTest : public ::testing::TestWithParam<BadValue> {};

TEST_P(BadValueTest, NamesTheSettingTheFaultAndWhatIsAllowed) {
  const auto errors = errors_of(with({{GetParam().name, GetParam().value}}));
  EXPECT_THAT(errors, ElementsAre(AllOf(StartsWith(std::string(GetParam().name) + ": "),
                                        HasSubstr(GetParam().says), HasSubstr("; allowed: "))));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadValueTest,
    ::testing::Values(
        BadValue{"DATABASE_URL", "mysql://db/x", "neither a postgresql:// URI nor"},
        BadValue{"DATABASE_TIMEOUT", "2x", "\"2x\" is not a duration"},
        BadValue{"DATABASE_TIMEOUT", "", "\"\" is not a duration"},
        BadValue{"DATABASE_TIMEOUT", "10ms", "\"10ms\" is out of range"},
        BadValue{"DATABASE_TIMEOUT", "0", "out of range"},
        BadValue{"DATABASE_PREPARED", "maybe", "\"maybe\" is not a switch"},
        BadValue{"JWT_SECRET_KEY", "short", "too short: it has 5 bytes"},
        BadValue{"JWT_SECRET_KEY", "changemechangemechangemechangeme", "too easy to guess"},
        BadValue{"JWT_ALGORITHM", "none", "\"none\" is not known"},
        BadValue{"JWT_ALGORITHM", "RS384", "not known"},
        BadValue{"JWT_KEYS_DIR", "keys", "is not an absolute path"},
        BadValue{"JWT_KEYS_DIR", "/keys\n", "has a control character"},
        BadValue{"JWT_ISSUER", "", "is empty"},
        BadValue{"ACCESS_TOKEN_EXPIRE_MINUTES", "1500ms", "not a whole number of seconds"},
        BadValue{"ACCESS_TOKEN_EXPIRE_MINUTES", "0", "out of range"},
        BadValue{"ACCESS_TOKEN_EXPIRE_MINUTES", "-1", "not a duration"},
        BadValue{"REFRESH_TOKEN_EXPIRE_DAYS", "367", "out of range"},
        BadValue{"REFRESH_REUSE_LEEWAY", "1h", "out of range"},
        BadValue{"PASSWORD_HASH", "argon2i", "\"argon2i\" is not known"},
        BadValue{"ARGON2_MEMORY", "1023", "out of range"},
        BadValue{"ARGON2_MEMORY", "131073", "out of range"},
        BadValue{"ARGON2_PASSES", "0", "out of range"},
        BadValue{"ARGON2_PASSES", "17", "out of range"},
        BadValue{"BCRYPT_ROUNDS", "3", "\"3\" is out of range"},
        BadValue{"BCRYPT_ROUNDS", "17", "out of range"},
        BadValue{"BCRYPT_ROUNDS", "twelve", "\"twelve\" is not a whole number"},
        BadValue{"BCRYPT_ROUNDS", "12.5", "not a whole number"},
        BadValue{"BCRYPT_ROUNDS", " 12", "not a whole number"},
        BadValue{"BCRYPT_ROUNDS", "99999999999", "not a whole number"},
        BadValue{"PASSWORD_POLICY", "strong", "not known"},
        BadValue{"PASSWORD_MIN_LENGTH", "0", "out of range"},
        BadValue{"LOGIN_THROTTLE_FREE", "0", "out of range"},
        BadValue{"LOGIN_THROTTLE_FREE", "OFF", "not a whole number"},
        BadValue{"LOGIN_THROTTLE_MAX_DELAY", "0", "out of range"},
        BadValue{"LOGIN_THROTTLE_MAX_DELAY", "1500ms", "not a whole number of seconds"},
        BadValue{"LOGIN_THROTTLE_RESET", "31d", "out of range"},
        BadValue{"PASSWORD_MIN_SCORE", "5", "out of range"},
        BadValue{"PASSWORD_BLOCKLIST", "/nonexistent/blocklist", "cannot be opened: No such file"},
        BadValue{"PASSWORD_BLOCKLIST", "blocklist", "is not an absolute path"},
        BadValue{"PASSWORD_BLOCKLIST", "/", "is not a regular file"},
        BadValue{"PASSWORD_BLOCKLIST", "/proc/self/status", "is no blocklist of this version"},
        BadValue{"CORS_ORIGINS", "*", "name each one"},
        BadValue{"CORS_ORIGINS", "https://a.example,https://b.example/", "\"https://b.example/\""},
        BadValue{"CORS_ORIGINS", "https://a.example,,https://b.example", "\"\" is empty"},
        BadValue{"CORS_ORIGINS", "https://a.example,", "ends with a comma"},
        BadValue{"LOG_LEVEL", "LOUD", "\"LOUD\" is not known"},
        BadValue{"ENVIRONMENT", "staging", "\"staging\" is not known"},
        BadValue{"CIRCUIT_BREAKER_THRESHOLD", "0", "out of range"},
        BadValue{"CIRCUIT_BREAKER_TIMEOUT", "2h", "out of range"},
        BadValue{"CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS", "0", "out of range"},
        BadValue{"RUNTIME_DIR", "run", "\"run\" is not an absolute path"},
        BadValue{"WORKER_TIMEOUT", "500ms", "out of range"},
        BadValue{"WORKER_MAX_REQUESTS", "-1", "not a whole number"},
        BadValue{"WORKER_IDLE_EXIT", "never", "not a duration"},
        BadValue{"RATE_LIMIT_LOGIN", "10", "\"10\" is not a rate"},
        BadValue{"RATE_LIMIT_REGISTER", "10r/h", "not a rate"},
        BadValue{"HASH_QUEUE_LOGIN", "0", "out of range"},
        BadValue{"HASH_QUEUE_REGISTER", "lots", "not a whole number"}));

}  // namespace
}  // namespace latchkey::config
