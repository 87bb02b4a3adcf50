// SPDX-License-Identifier: Apache-2.0
//
// Each function of the schema: what is sent, in which order, and what becomes of each outcome.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "db/accounts.h"
#include "db/database_fixture.h"
#include "db/health.h"
#include "db/logins.h"
#include "db/sessions.h"
#include "doubles/records.h"
#include "doubles/thrown_error.h"
#include "shm/doubts.h"
#include "shm/segment.h"

namespace latchkey::db {
namespace {

using base::ErrorCode;
using doubles::caller;
using doubles::origin;
using doubles::thrown_by;
using doubles::uuid;

constexpr const char* kSid = doubles::kSessionId;

class FunctionsTest : public DatabaseTest {
 protected:
  static Row user_columns() { return {"42", "a@b.co", "ada", "t", "1000", "2000", std::nullopt}; }

  static Row with_user(const char* outcome) {
    Row row{outcome};
    for (const Value& value : user_columns()) row.push_back(value);
    return row;
  }
  static Row with_grant(const char* outcome) {
    Row row = with_user(outcome);
    for (const char* const value : {kSid, "3", "4000", "5000"}) row.emplace_back(value);
    return row;
  }
  // An outcome to which no other column belongs.
  static Row bare(const char* outcome, std::size_t columns) {
    Row row(columns);
    row[0] = outcome;
    return row;
  }

  static void expect_user(const User& user) {
    EXPECT_EQ(user.id, 42);
    EXPECT_EQ(user.email, "a@b.co");
    EXPECT_EQ(user.username, "ada");
    EXPECT_TRUE(user.is_active);
    EXPECT_EQ(user.created_at_ms, 1000);
    EXPECT_EQ(user.updated_at_ms, 2000);
    EXPECT_EQ(user.last_login_ms, std::nullopt);
  }
  static void expect_grant(const std::optional<Grant>& grant) {
    ASSERT_TRUE(grant);
    expect_user(grant->user);
    EXPECT_EQ(grant->session.id, uuid());
    EXPECT_EQ(grant->session.counter, 3);
    EXPECT_EQ(grant->session.rotated_at_ms, 4000);
    EXPECT_EQ(grant->session.expires_at_ms, 5000);
  }
  void expect_call(const std::string& name, const Row& parameters) {
    EXPECT_EQ(server_.last_call().statement, name);
    EXPECT_EQ(server_.last_call().parameters, parameters);
  }
  // An outcome that the program does not know is a bug, and is named in the log.
  template <typename Action>
  void expect_refusal(const std::string& name, std::size_t columns, Action action) {
    server_.will_answer(one_row(bare("surprising", columns)));
    const base::Error error = thrown_by(action);
    EXPECT_EQ(error.code(), ErrorCode::kInternalError);
    EXPECT_EQ(error.cause(), name + " answered an unknown outcome: surprising");
  }

  static constexpr std::size_t kUserRow = 8;
  static constexpr std::size_t kGrantRow = 12;

  static constexpr Throttle kThrottle{.free_attempts = 5, .max_delay_s = 900, .reset_s = 3600};

  PgLogins logins_{database_, kThrottle};
  shm::Segment segment_ = shm::Segment::make_private();
  shm::Doubts doubts_{segment_.layout(), clock_};
  PgSessions sessions_{database_, doubts_};
  PgAccounts accounts_{database_, kThrottle};
  PgHealth health_{database_};
};

TEST_F(FunctionsTest, Readiness) {
  server_.will_answer(one_row({"1", "f"}));
  const Readiness state = health_.look();
  EXPECT_EQ(state.schema_version, 1);
  EXPECT_FALSE(state.is_read_only);
  expect_call("readiness", {});
}

TEST_F(FunctionsTest, LoginNamesTaken) {
  server_.will_answer(one_row({"t", "f"}));
  const TakenNames taken = logins_.find_taken("a@b.co", "ada");
  EXPECT_TRUE(taken.email);
  EXPECT_FALSE(taken.username);
  expect_call("login_names_taken", {"a@b.co", "ada"});
}

TEST_F(FunctionsTest, RegisterUser) {
  const auto call = [this] {
    return logins_.register_user({"a@b.co", "ada", "hash"}, {uuid(), 60}, origin());
  };
  server_.will_answer(one_row(with_grant("registered")));
  const Registration done = call();
  EXPECT_EQ(done.outcome, RegisterOutcome::kRegistered);
  expect_grant(done.grant);
  expect_call("register_user",
              {"a@b.co", "ada", "hash", kSid, "60", "192.0.2.1", "test/1", "request-0001"});
  server_.will_answer(one_row(bare("email_taken", kGrantRow)));
  EXPECT_EQ(call().outcome, RegisterOutcome::kEmailTaken);
  server_.will_answer(one_row(bare("username_taken", kGrantRow)));
  EXPECT_EQ(call().outcome, RegisterOutcome::kUsernameTaken);
  expect_refusal("register_user", kGrantRow, [&] { (void)call(); });
}

TEST_F(FunctionsTest, LoginAccepted) {
  const auto call = [this](std::optional<std::string> new_hash) {
    return logins_.record_success({42, "hash", std::move(new_hash), "\\x0f"}, {uuid(), 60},
                                  origin());
  };
  Row granted = with_grant("logged_in");
  granted.emplace_back();
  server_.will_answer(one_row(granted));
  const Login done = call(std::nullopt);
  EXPECT_EQ(done.outcome, LoginOutcome::kLoggedIn);
  expect_grant(done.grant);
  expect_call("login_accepted", {"42", "hash", std::nullopt, "\\x0f", kSid, "60", "192.0.2.1",
                                 "test/1", "request-0001"});
  server_.will_answer(one_row(bare("inactive", kGrantRow + 1)));
  EXPECT_EQ(call("new").outcome, LoginOutcome::kInactive);
  EXPECT_EQ(server_.last_call().parameters.at(2), "new");
  Row changed = bare("changed", kGrantRow + 1);
  server_.will_answer(one_row(changed));
  EXPECT_EQ(call("new").changed_hash, std::nullopt);
  changed.back() = "another";
  server_.will_answer(one_row(changed));
  const Login other = call("new");
  EXPECT_EQ(other.outcome, LoginOutcome::kChanged);
  EXPECT_EQ(other.changed_hash, "another");
  expect_refusal("login_accepted", kGrantRow + 1, [&] { (void)call("new"); });
}

TEST_F(FunctionsTest, LoginRefused) {
  server_.will_answer(one_row({"recorded"}));
  logins_.record_failure({.user_id = 42, .reason = "wrong_password", .uncounted_bucket = "\\x0f"},
                         origin());
  expect_call("login_refused",
              {"42", "wrong_password", "\\x0f", "3600", "192.0.2.1", "test/1", "request-0001"});
  server_.will_answer(one_row({"recorded"}));
  logins_.record_failure(
      {.user_id = std::nullopt, .reason = "unknown_user", .uncounted_bucket = std::nullopt},
      {.ip = "", .user_agent = "", .request_id = "r"});
  expect_call("login_refused",
              {std::nullopt, "unknown_user", std::nullopt, "3600", std::nullopt, "", "r"});
}

TEST_F(FunctionsTest, RefreshSession) {
  const auto call = [this] {
    return sessions_.refresh(
        {.caller = caller(), .counter = 3, .leeway_ms = 10'000, .session_ttl_s = 60}, origin());
  };
  server_.will_answer(one_row(with_grant("rotated")));
  const Refresh rotated = call();
  EXPECT_EQ(rotated.outcome, RefreshOutcome::kRotated);
  expect_grant(rotated.grant);
  expect_call("refresh_session",
              {kSid, "42", "3", "10000", "60", "192.0.2.1", "test/1", "request-0001"});
  server_.will_answer(one_row(with_grant("repeated")));
  const Refresh repeated = call();
  EXPECT_EQ(repeated.outcome, RefreshOutcome::kRepeated);
  expect_grant(repeated.grant);
  for (const auto& [name, outcome] : {std::pair{"reused", RefreshOutcome::kReused},
                                      std::pair{"revoked", RefreshOutcome::kRevoked},
                                      std::pair{"expired", RefreshOutcome::kExpired},
                                      std::pair{"inactive", RefreshOutcome::kInactive},
                                      std::pair{"unknown", RefreshOutcome::kUnknown}}) {
    server_.will_answer(one_row(bare(name, kGrantRow)));
    const Refresh refused = call();
    EXPECT_EQ(refused.outcome, outcome) << name;
    EXPECT_FALSE(refused.grant) << name;
  }
  expect_refusal("refresh_session", kGrantRow, [&] { (void)call(); });
}

TEST_F(FunctionsTest, Logout) {
  server_.will_answer(one_row({"already_ended"}));
  sessions_.log_out(caller(), origin());
  expect_call("logout", {kSid, "42", "192.0.2.1", "test/1", "request-0001"});
}

TEST_F(FunctionsTest, LogoutAll) {
  const auto call = [this] { return sessions_.log_out_everywhere(caller(), origin()); };
  server_.will_answer(one_row({"revoked"}));
  EXPECT_EQ(call(), Standing::kLive);
  expect_call("logout_all", {kSid, "42", "192.0.2.1", "test/1", "request-0001"});
  server_.will_answer(one_row({"ended"}));
  EXPECT_EQ(call(), Standing::kEnded);
  server_.will_answer(one_row({"inactive"}));
  EXPECT_EQ(call(), Standing::kInactive);
  expect_refusal("logout_all", 1, [&] { (void)call(); });
}

TEST_F(FunctionsTest, ListSessions) {
  const std::string other = doubles::kOtherSessionId;
  server_.will_answer({.kind = Reply::Kind::kRows,
                       .rows = {{"ok", kSid, "1", "2", "3", "192.0.2.1", "browser"},
                                {"ok", other, "4", "5", "6", std::nullopt, std::nullopt}}});
  const SessionList list = sessions_.list(caller());
  EXPECT_EQ(list.standing, Standing::kLive);
  ASSERT_EQ(list.entries.size(), 2U);
  EXPECT_EQ(list.entries[0].id, uuid());
  EXPECT_EQ(list.entries[0].created_at_ms, 1);
  EXPECT_EQ(list.entries[0].last_used_at_ms, 2);
  EXPECT_EQ(list.entries[0].expires_at_ms, 3);
  EXPECT_EQ(list.entries[0].ip, "192.0.2.1");
  EXPECT_EQ(list.entries[0].user_agent, "browser");
  EXPECT_EQ(list.entries[1].ip + list.entries[1].user_agent, "");
  expect_call("list_sessions", {kSid, "42"});

  server_.will_answer(one_row(bare("ended", 7)));
  const SessionList ended = sessions_.list(caller());
  EXPECT_EQ(ended.standing, Standing::kEnded);
  EXPECT_TRUE(ended.entries.empty());

  server_.will_answer({.kind = Reply::Kind::kRows, .rows = {}});
  EXPECT_EQ(thrown_by([&] { (void)sessions_.list(caller()); }).cause(),
            "list_sessions answered no row");
}

TEST_F(FunctionsTest, RevokeSession) {
  const auto call = [this] {
    return sessions_.revoke(caller(), uuid(doubles::kOtherSessionId), origin());
  };
  server_.will_answer(one_row({"revoked"}));
  EXPECT_EQ(call(), RevokeOutcome::kRevoked);
  expect_call("revoke_session",
              {kSid, "42", doubles::kOtherSessionId, "192.0.2.1", "test/1", "request-0001"});
  server_.will_answer(one_row({"not_found"}));
  EXPECT_EQ(call(), RevokeOutcome::kNotFound);
  server_.will_answer(one_row({"ended"}));
  EXPECT_EQ(call(), RevokeOutcome::kEnded);
  server_.will_answer(one_row({"inactive"}));
  EXPECT_EQ(call(), RevokeOutcome::kInactive);
  expect_refusal("revoke_session", 1, [&] { (void)call(); });
}

TEST_F(FunctionsTest, SessionUser) {
  const auto call = [this] { return accounts_.find(caller()); };
  Row row = with_user("ok");
  row.back() = "3000";
  server_.will_answer(one_row(row));
  const Account live = call();
  EXPECT_EQ(live.standing, Standing::kLive);
  ASSERT_TRUE(live.user);
  EXPECT_EQ(live.user->last_login_ms, 3000);
  expect_call("session_user", {kSid, "42"});
  server_.will_answer(one_row(bare("ended", kUserRow)));
  EXPECT_EQ(call().standing, Standing::kEnded);
  server_.will_answer(one_row(bare("inactive", kUserRow)));
  const Account inactive = call();
  EXPECT_EQ(inactive.standing, Standing::kInactive);
  EXPECT_FALSE(inactive.user);
  expect_refusal("session_user", kUserRow, [&] { (void)call(); });
}

TEST_F(FunctionsTest, UpdateUser) {
  const auto call = [this] {
    return accounts_.update(caller(), {.email = std::nullopt, .username = "ada2"}, origin());
  };
  server_.will_answer(one_row(with_user("updated")));
  const Update done = call();
  EXPECT_EQ(done.outcome, UpdateOutcome::kUpdated);
  ASSERT_TRUE(done.user);
  expect_user(*done.user);
  expect_call("update_user",
              {kSid, "42", std::nullopt, "ada2", "192.0.2.1", "test/1", "request-0001"});
  for (const auto& [name, outcome] : {std::pair{"email_taken", UpdateOutcome::kEmailTaken},
                                      std::pair{"username_taken", UpdateOutcome::kUsernameTaken},
                                      std::pair{"ended", UpdateOutcome::kEnded},
                                      std::pair{"inactive", UpdateOutcome::kInactive}}) {
    server_.will_answer(one_row(bare(name, kUserRow)));
    EXPECT_EQ(call().outcome, outcome) << name;
  }
  expect_refusal("update_user", kUserRow, [&] { (void)call(); });
}

TEST_F(FunctionsTest, DeactivateUser) {
  const auto call = [this] { return accounts_.deactivate(caller(), origin()); };
  server_.will_answer(one_row({"deactivated"}));
  EXPECT_EQ(call(), Standing::kLive);
  expect_call("deactivate_user", {kSid, "42", "192.0.2.1", "test/1", "request-0001"});
  server_.will_answer(one_row({"ended"}));
  EXPECT_EQ(call(), Standing::kEnded);
  expect_refusal("deactivate_user", 1, [&] { (void)call(); });
}

TEST_F(FunctionsTest, PasswordChangeBegin) {
  server_.will_answer(one_row({"ok", "hash", "a@b.co", "ada"}));
  const PasswordState state = accounts_.find_password(caller());
  EXPECT_EQ(state.standing, Standing::kLive);
  EXPECT_EQ(state.password_hash, "hash");
  EXPECT_EQ(state.email, "a@b.co");
  EXPECT_EQ(state.username, "ada");
  expect_call("password_change_begin", {kSid, "42"});
  server_.will_answer(one_row(bare("inactive", 4)));
  EXPECT_EQ(accounts_.find_password(caller()).standing, Standing::kInactive);
}

TEST_F(FunctionsTest, PasswordChange) {
  const auto call = [this] { return accounts_.change_password(caller(), "old", "new", origin()); };
  for (const auto& [name, outcome] : {std::pair{"changed", PasswordOutcome::kChanged},
                                      std::pair{"conflict", PasswordOutcome::kConflict},
                                      std::pair{"ended", PasswordOutcome::kEnded},
                                      std::pair{"inactive", PasswordOutcome::kInactive}}) {
    server_.will_answer(one_row({name}));
    EXPECT_EQ(call(), outcome) << name;
  }
  expect_call("password_change", {kSid, "42", "old", "new", "192.0.2.1", "test/1", "request-0001"});
  expect_refusal("password_change", 1, [&] { (void)call(); });
}

TEST_F(FunctionsTest, PasswordChangeFailed) {
  server_.will_answer(one_row({"recorded"}));
  accounts_.record_password_failure(caller(), "wrong_password", origin());
  expect_call("password_change_failed",
              {kSid, "42", "wrong_password", "192.0.2.1", "test/1", "request-0001"});
}

}  // namespace
}  // namespace latchkey::db
