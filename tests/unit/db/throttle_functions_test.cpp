// SPDX-License-Identifier: Apache-2.0
//
// The functions that count attempts at passwords: what is sent, and what becomes of each answer.
// The others are in functions_test.cpp.
#include <string>

#include <gtest/gtest.h>

#include "db/accounts.h"
#include "db/database_fixture.h"
#include "db/logins.h"
#include "doubles/records.h"
#include "doubles/thrown_error.h"

namespace latchkey::db {
namespace {

using doubles::caller;
using doubles::origin;
using doubles::thrown_by;

constexpr const char* kSid = doubles::kSessionId;

class ThrottleFunctionsTest : public DatabaseTest {
 protected:
  void expect_call(const std::string& name, const Row& parameters) {
    EXPECT_EQ(server_.last_call().statement, name);
    EXPECT_EQ(server_.last_call().parameters, parameters);
  }

  static constexpr Throttle kThrottle{.free_attempts = 5, .max_delay_s = 900, .reset_s = 3600};

  PgLogins logins_{database_, kThrottle};
  PgAccounts accounts_{database_, kThrottle};
};

TEST_F(ThrottleFunctionsTest, LoginAttempt) {
  server_.will_answer(one_row({std::nullopt, "\\x0f", "t", "42", "hash", "f"}));
  const LoginAttempt known =
      logins_.begin_login({.email = std::nullopt, .username = "ada"}, origin());
  EXPECT_EQ(known.retry_after_ms, 0);
  EXPECT_EQ(known.bucket, "\\x0f");
  EXPECT_TRUE(known.is_counted);
  ASSERT_TRUE(known.credential);
  EXPECT_EQ(known.credential->user_id, 42);
  EXPECT_EQ(known.credential->password_hash, "hash");
  EXPECT_FALSE(known.credential->is_active);
  expect_call("login_attempt",
              {std::nullopt, "ada", "5", "900", "3600", "192.0.2.1", "test/1", "request-0001"});

  server_.will_answer(
      one_row({std::nullopt, "\\x0f", "f", std::nullopt, std::nullopt, std::nullopt}));
  const LoginAttempt unknown =
      logins_.begin_login({.email = "a@b.co", .username = std::nullopt}, origin());
  EXPECT_FALSE(unknown.credential);
  EXPECT_FALSE(unknown.is_counted);
  EXPECT_EQ(server_.last_call().parameters.at(0), "a@b.co");

  Row refused(6);
  refused[0] = "1500";
  server_.will_answer(one_row(refused));
  const LoginAttempt too_soon = logins_.begin_login({}, origin());
  EXPECT_EQ(too_soon.retry_after_ms, 1500);
  EXPECT_FALSE(too_soon.credential);
  EXPECT_FALSE(too_soon.bucket);
}

TEST_F(ThrottleFunctionsTest, WithoutAThrottle) {
  PgLogins logins(database_, std::nullopt);
  server_.will_answer(one_row(Row(6)));
  EXPECT_FALSE(logins.begin_login({.email = std::nullopt, .username = "ada"}, origin()).bucket);
  expect_call("login_attempt", {std::nullopt, "ada", std::nullopt, std::nullopt, std::nullopt,
                                "192.0.2.1", "test/1", "request-0001"});
  PgAccounts accounts(database_, std::nullopt);
  server_.will_answer(one_row({"ok", "hash", "a@b.co", "ada", std::nullopt}));
  EXPECT_EQ(accounts.begin_password_change(caller(), origin()).retry_after_ms, 0);
  EXPECT_EQ(server_.last_call().parameters.at(2), std::nullopt);
}

TEST_F(ThrottleFunctionsTest, PasswordAttempt) {
  const auto call = [this] { return accounts_.begin_password_change(caller(), origin()); };
  server_.will_answer(one_row({"ok", "hash", "a@b.co", "ada", std::nullopt}));
  const PasswordState state = call();
  EXPECT_EQ(state.standing, Standing::kLive);
  EXPECT_EQ(state.password_hash, "hash");
  EXPECT_EQ(state.username, "ada");
  EXPECT_EQ(state.retry_after_ms, 0);
  expect_call("password_attempt",
              {kSid, "42", "5", "900", "3600", "192.0.2.1", "test/1", "request-0001"});
  server_.will_answer(one_row({"throttled", std::nullopt, std::nullopt, std::nullopt, "1500"}));
  const PasswordState too_soon = call();
  EXPECT_EQ(too_soon.retry_after_ms, 1500);
  EXPECT_EQ(too_soon.password_hash, "");
  Row other(5);
  other[0] = "ended";
  server_.will_answer(one_row(other));
  EXPECT_EQ(call().standing, Standing::kEnded);
  other[0] = "surprising";
  server_.will_answer(one_row(other));
  EXPECT_EQ(thrown_by([&] { (void)call(); }).cause(),
            "password_attempt answered an unknown outcome: surprising");
}

}  // namespace
}  // namespace latchkey::db
