// SPDX-License-Identifier: Apache-2.0
//
// Each function of administrators: what is sent, in which order, and what becomes of each outcome.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "db/database_fixture.h"
#include "db/purges.h"
#include "db/users.h"
#include "doubles/records.h"
#include "doubles/thrown_error.h"

namespace latchkey::db {
namespace {

using base::ErrorCode;
using doubles::thrown_by;
using doubles::uuid;

class AdminFunctionsTest : public DatabaseTest {
 protected:
  void expect_call(const std::string& name, const Row& parameters) {
    EXPECT_EQ(server_.last_call().statement, name);
    EXPECT_EQ(server_.last_call().parameters, parameters);
  }
  template <typename Action>
  void expect_refusal(const std::string& name, std::size_t columns, Action action) {
    Row row(columns);
    row[0] = "surprising";
    server_.will_answer(one_row(row));
    const base::Error error = thrown_by(action);
    EXPECT_EQ(error.code(), ErrorCode::kInternalError);
    EXPECT_EQ(error.cause(), name + " answered an unknown outcome: surprising");
  }

  PgPurges purges_{database_};
  PgUsers users_{database_};
  const Retention retention_{
      .sessions_after_s = 30, .audit_s = 365, .attempts_s = 60, .addresses_s = 90};
};

TEST_F(AdminFunctionsTest, PurgeBegin) {
  const auto call = [this] { return purges_.begin(retention_, "cli:root"); };
  server_.will_answer(one_row({"started", "12"}));
  EXPECT_EQ(call(), 12);
  expect_call("purge_begin", {"30", "365", "cli:root"});
  server_.will_answer(one_row({"busy", std::nullopt}));
  EXPECT_EQ(call(), std::nullopt);
  expect_refusal("purge_begin", 2, [&] { (void)call(); });
}

TEST_F(AdminFunctionsTest, PurgeSessions) {
  const auto call = [this] { return purges_.delete_sessions(retention_, 128, 64); };
  server_.will_answer(one_row({"done", "7"}));
  EXPECT_EQ(call(), 7);
  expect_call("purge_sessions", {"30", "128", "64"});
  server_.will_answer(one_row({"busy", std::nullopt}));
  EXPECT_EQ(call(), std::nullopt);
  expect_refusal("purge_sessions", 2, [&] { (void)call(); });
}

TEST_F(AdminFunctionsTest, PurgeAuditEvents) {
  const auto call = [this] { return purges_.delete_audit_events(retention_, 5, 100); };
  server_.will_answer(one_row({"done", "100", "105"}));
  const auto batch = call();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->deleted, 100);
  EXPECT_EQ(batch->last_id, 105);
  EXPECT_FALSE(batch->is_last);
  expect_call("purge_audit_events", {"365", "5", "100"});
  server_.will_answer(one_row({"finished", "0", std::nullopt}));
  const auto last = call();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->last_id, 5);
  EXPECT_TRUE(last->is_last);
  server_.will_answer(one_row({"busy", std::nullopt, std::nullopt}));
  EXPECT_FALSE(call());
  expect_refusal("purge_audit_events", 3, [&] { (void)call(); });
}

TEST_F(AdminFunctionsTest, PurgeThrottle) {
  const auto call = [this](const std::optional<std::string>& after) {
    return purges_.delete_attempts(retention_, after, 100);
  };
  server_.will_answer(one_row({"done", "9", "\\x0f"}));
  const auto batch = call(std::nullopt);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->deleted, 9);
  EXPECT_EQ(batch->last_key, "\\x0f");
  EXPECT_FALSE(batch->is_last);
  expect_call("purge_throttle", {"60", std::nullopt, "100"});
  server_.will_answer(one_row({"finished", "0", std::nullopt}));
  const auto last = call("\\x0f");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->last_key, "\\x0f");
  EXPECT_TRUE(last->is_last);
  server_.will_answer(one_row({"busy", std::nullopt, std::nullopt}));
  EXPECT_FALSE(call(std::nullopt));
  expect_refusal("purge_throttle", 3, [&] { (void)call(std::nullopt); });
}

TEST_F(AdminFunctionsTest, PurgeAddresses) {
  const auto call = [this] { return purges_.delete_addresses(retention_, 5, 100); };
  server_.will_answer(one_row({"done", "9", "8"}));
  const auto batch = call();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->deleted, 9);
  EXPECT_EQ(batch->last_user_id, 8);
  EXPECT_FALSE(batch->is_last);
  expect_call("purge_addresses", {"90", "5", "100"});
  server_.will_answer(one_row({"finished", "0", std::nullopt}));
  EXPECT_TRUE(call()->is_last);
  server_.will_answer(one_row({"busy", std::nullopt, std::nullopt}));
  EXPECT_FALSE(call());
  expect_refusal("purge_addresses", 3, [&] { (void)call(); });
}

TEST_F(AdminFunctionsTest, ListEvents) {
  server_.will_answer({.kind = Reply::Kind::kRows,
                       .rows = {{"7", "login_failed", "wrong_password", std::nullopt, "192.0.2.1",
                                 "agent", "request", std::nullopt},
                                {"6", "session_revoked", std::nullopt, doubles::kSessionId,
                                 std::nullopt, std::nullopt, std::nullopt, "cli:root"}}});
  const auto events = users_.list_events(42, 9);
  expect_call("admin_list_events", {"42", "9"});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].at_ms, 7);
  EXPECT_EQ(events[0].event + ' ' + events[0].detail, "login_failed wrong_password");
  EXPECT_EQ(events[0].ip + ' ' + events[0].user_agent + ' ' + events[0].request_id,
            "192.0.2.1 agent request");
  EXPECT_EQ(events[0].session_id + events[0].actor, "");
  EXPECT_EQ(events[1].session_id, doubles::kSessionId);
  EXPECT_EQ(events[1].actor, "cli:root");
}

TEST_F(AdminFunctionsTest, PurgeEnd) {
  for (const char* const outcome : {"ended", "lost"}) {
    server_.will_answer(one_row({outcome}));
    purges_.end();
  }
  expect_refusal("purge_end", 1, [&] { purges_.end(); });
}

TEST_F(AdminFunctionsTest, ListUsers) {
  server_.will_answer({.kind = Reply::Kind::kRows,
                       .rows = {{"1", "a@b.co", "ada", "t", "10", "20", "30"},
                                {"2", "b@b.co", "bob", "f", "11", "21", std::nullopt}}});
  const std::vector<User> page = users_.list({}, nullptr, 50);
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].last_login_ms, 30);
  EXPECT_EQ(page[1].id, 2);
  EXPECT_EQ(page[1].username, "bob");
  EXPECT_FALSE(page[1].is_active);
  expect_call("admin_list_users", {"id", std::nullopt, std::nullopt, std::nullopt, "50"});

  for (const auto& [sort, name, key] :
       {std::tuple{UserSort::kId, "id", "2"}, std::tuple{UserSort::kEmail, "email", "b@b.co"},
        std::tuple{UserSort::kUsername, "username", "bob"}}) {
    server_.will_answer({.kind = Reply::Kind::kRows, .rows = {}});
    EXPECT_TRUE(users_.list({.sort = sort, .is_active = false, .match = "x"}, &page[1], 9).empty());
    expect_call("admin_list_users", {name, key, "f", "x", "9"});
  }
}

TEST_F(AdminFunctionsTest, FindUser) {
  server_.will_answer(
      one_row({"42", "a@b.co", "ada", "t", "1", "2", std::nullopt, "$2b$12", "3", "5"}));
  const auto found = users_.find({.id = 42, .email = std::nullopt, .username = std::nullopt});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user.email, "a@b.co");
  EXPECT_EQ(found->password_scheme, "$2b$12");
  EXPECT_EQ(found->live_sessions, 3);
  EXPECT_EQ(found->kept_sessions, 5);
  expect_call("admin_find_user", {"42", std::nullopt, std::nullopt});
  server_.will_answer(one_row(Row(10)));
  EXPECT_FALSE(users_.find({.id = std::nullopt, .email = "x@y.z", .username = std::nullopt}));
  expect_call("admin_find_user", {std::nullopt, "x@y.z", std::nullopt});
}

TEST_F(AdminFunctionsTest, CreateUser) {
  const auto call = [this] {
    return users_.create({.email = "a@b.co",
                          .username = "ada",
                          .password_hash = "hash",
                          .is_active = true,
                          .created_at_ms = std::nullopt},
                         "cli:root");
  };
  server_.will_answer(one_row({"created", "42"}));
  EXPECT_EQ(call().user_id, 42);
  expect_call("admin_create_user", {"a@b.co", "ada", "hash", "cli:root"});
  server_.will_answer(one_row({"email_taken", std::nullopt}));
  EXPECT_EQ(call().outcome, CreateOutcome::kEmailTaken);
  server_.will_answer(one_row({"username_taken", std::nullopt}));
  EXPECT_EQ(call().outcome, CreateOutcome::kUsernameTaken);
  expect_refusal("admin_create_user", 2, [&] { (void)call(); });
}

TEST_F(AdminFunctionsTest, SetActive) {
  const auto call = [this] { return users_.set_active(42, false, "cli:root"); };
  server_.will_answer(one_row({"changed", "3"}));
  EXPECT_EQ(call().ended_sessions, 3);
  expect_call("admin_set_active", {"42", "f", "cli:root"});
  server_.will_answer(one_row({"unchanged", std::nullopt}));
  EXPECT_EQ(call().outcome, ActiveOutcome::kUnchanged);
  server_.will_answer(one_row({"not_found", std::nullopt}));
  EXPECT_EQ(call().outcome, ActiveOutcome::kNotFound);
  expect_refusal("admin_set_active", 2, [&] { (void)call(); });
}

TEST_F(AdminFunctionsTest, ResetPassword) {
  const auto call = [this] { return users_.reset_password(42, "hash", "cli:root"); };
  server_.will_answer(one_row({"reset", "2"}));
  EXPECT_EQ(call(), 2);
  expect_call("admin_reset_password", {"42", "hash", "cli:root"});
  server_.will_answer(one_row({"not_found", std::nullopt}));
  EXPECT_EQ(call(), std::nullopt);
  expect_refusal("admin_reset_password", 2, [&] { (void)call(); });
}

TEST_F(AdminFunctionsTest, Sessions) {
  server_.will_answer({.kind = Reply::Kind::kRows,
                       .rows = {{doubles::kSessionId, "1", "2", "3", std::nullopt, "agent"}}});
  const auto entries = users_.list_sessions(42, 7);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].id, uuid());
  EXPECT_EQ(entries[0].expires_at_ms, 3);
  EXPECT_EQ(entries[0].ip + entries[0].user_agent, "agent");
  expect_call("admin_list_sessions", {"42", "7"});

  const auto revoke = [this] { return users_.revoke_session(uuid(), 42, "cli:root"); };
  server_.will_answer(one_row({"revoked"}));
  EXPECT_TRUE(revoke());
  expect_call("admin_revoke_session", {doubles::kSessionId, "42", "cli:root"});
  server_.will_answer(one_row({"not_found"}));
  EXPECT_FALSE(revoke());
  expect_refusal("admin_revoke_session", 1, [&] { (void)revoke(); });

  const auto revoke_all = [this] { return users_.revoke_sessions(42, "cli:root"); };
  server_.will_answer(one_row({"revoked", "4"}));
  EXPECT_EQ(revoke_all(), 4);
  server_.will_answer(one_row({"not_found", std::nullopt}));
  EXPECT_EQ(revoke_all(), std::nullopt);
  expect_refusal("admin_revoke_sessions", 2, [&] { (void)revoke_all(); });
}

TEST_F(AdminFunctionsTest, ImportUsers) {
  const std::vector<ImportedUser> batch{{.email = "a@b.co",
                                         .username = "ada",
                                         .password_hash = "h1",
                                         .is_active = true,
                                         .created_at_ms = 5},
                                        {.email = "b@b.co",
                                         .username = "bob",
                                         .password_hash = "h\"2",
                                         .is_active = false,
                                         .created_at_ms = std::nullopt}};
  server_.will_answer(
      {.kind = Reply::Kind::kRows,
       .rows = {{"0", "email_taken"}, {"1", "username_taken"}, {"1", "name_taken"}}});
  const auto refusals = users_.import_batch(batch, true, "cli:root");
  ASSERT_EQ(refusals.size(), 3U);
  EXPECT_EQ(refusals[0].index, 0U);
  EXPECT_EQ(refusals[0].outcome, ImportOutcome::kEmailTaken);
  EXPECT_EQ(refusals[1].outcome, ImportOutcome::kUsernameTaken);
  EXPECT_EQ(refusals[2].outcome, ImportOutcome::kNameTaken);
  expect_call(
      "admin_import_users",
      {R"([{"email":"a@b.co","username":"ada","password_hash":"h1","is_active":true,"created_at_ms":5},)"
       R"({"email":"b@b.co","username":"bob","password_hash":"h\"2","is_active":false}])",
       "t", "cli:root"});
  server_.will_answer(one_row({"0", "surprising"}));
  EXPECT_EQ(thrown_by([&] { (void)users_.import_batch(batch, false, "x"); }).code(),
            ErrorCode::kInternalError);
}

}  // namespace
}  // namespace latchkey::db
