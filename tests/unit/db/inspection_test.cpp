// SPDX-License-Identifier: Apache-2.0
#include "db/inspection.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "db/scripted_server.h"

namespace latchkey::db {
namespace {

class InspectionTest : public ::testing::Test {
 protected:
  std::vector<ServerLook> inspect(const std::string& url, std::int64_t timeout_ms = 10'000) {
    return inspect_servers({.url = base::Secret(url), .timeout_ms = timeout_ms}, clock_);
  }

  ScriptedServer server_;
  base::SystemClock clock_;
};

TEST_F(InspectionTest, AsksEverythingOnOneConnection) {
  server_.will_answer(one_row({"150004", "f", "t"}));
  server_.will_answer(one_row({"t"}));
  const std::string now = std::to_string(clock_.wall_ms() - 60'000);
  for (int i = 0; i < 3; ++i) server_.will_answer(one_row({now}));
  server_.will_answer(one_row({"2"}));
  server_.will_answer({.rows = {{"readiness()", "t"}, {"internal()", "f"}}});
  server_.will_answer(one_row({"users"}));
  server_.will_answer(one_row({"app", "f", "f", "t", "f", "f", "f", "t", "t", "f", std::nullopt}));
  server_.will_answer(one_row({"search_path", "latchkey"}));
  server_.will_answer(one_row({"100", "3", "2", "-1", "50", "4", "9"}));

  const auto looks = inspect(server_.url());
  ASSERT_EQ(looks.size(), 1U);
  const ServerLook& look = looks[0];
  EXPECT_EQ(look.host, server_.folder());
  EXPECT_FALSE(look.unreachable) << *look.unreachable;
  ASSERT_TRUE(look.state) << look.state.reason;
  EXPECT_EQ(look.state->version, 150004);
  EXPECT_FALSE(look.state->is_standby);
  EXPECT_TRUE(look.state->is_read_only);
  ASSERT_TRUE(look.transport) << look.transport.reason;
  EXPECT_TRUE(look.transport->is_local);
  EXPECT_FALSE(look.transport->is_encrypted);
  EXPECT_TRUE(look.transport->server_sees_tls);
  EXPECT_EQ(look.transport->sslmode, "prefer");
  ASSERT_TRUE(look.clock) << look.clock.reason;
  EXPECT_NEAR(static_cast<double>(look.clock->ahead_ms), 60'000, 5'000);
  ASSERT_TRUE(look.schema);
  EXPECT_EQ(look.schema->version, 2);
  ASSERT_TRUE(look.functions);
  ASSERT_EQ(look.functions->size(), 2U);
  EXPECT_EQ((*look.functions)[1].signature, "internal()");
  EXPECT_FALSE((*look.functions)[1].may_execute);
  ASSERT_TRUE(look.open_tables);
  EXPECT_EQ(*look.open_tables, std::vector<std::string>{"users"});
  ASSERT_TRUE(look.role);
  EXPECT_EQ(look.role->name, "app");
  EXPECT_EQ(look.role->attributes, std::vector<std::string>{"CREATEDB"});
  EXPECT_TRUE(look.role->owns_schema);
  EXPECT_FALSE(look.role->owns_database);
  EXPECT_TRUE(look.role->may_use_schema);
  EXPECT_EQ(look.role->memberships, "");
  ASSERT_TRUE(look.role_settings);
  EXPECT_EQ((*look.role_settings)[0].value, "latchkey");
  ASSERT_TRUE(look.connections);
  EXPECT_EQ(look.connections->max, 100);
  EXPECT_EQ(look.connections->reserved, 5);
  EXPECT_EQ(look.connections->role_limit, -1);
  EXPECT_EQ(look.connections->database_limit, 50);
  EXPECT_EQ(look.connections->of_role, 4);
  EXPECT_EQ(look.connections->in_all, 9);
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(InspectionTest, ARefusalIsAReasonAndTheRestIsAskedAllTheSame) {
  server_.will_answer(fault("42501"));
  server_.will_answer(one_row({"f"}));
  const auto looks = inspect(server_.url());
  EXPECT_FALSE(looks[0].state);
  EXPECT_EQ(looks[0].state.reason, "SQLSTATE 42501");
  EXPECT_TRUE(looks[0].transport);
  // Then the script is over, and the server hangs up.
  EXPECT_EQ(looks[0].clock.reason, "the connection was lost");
  EXPECT_EQ(looks[0].connections.reason, "the connection was lost");
}

TEST_F(InspectionTest, SilenceCostsOneDeadlineInAll) {
  server_.will_answer(silence());
  constexpr std::int64_t kTimeoutMs = 500;
  const std::int64_t began_ms = clock_.monotonic_ms();
  const auto looks = inspect(server_.url(), kTimeoutMs);
  EXPECT_LT(clock_.monotonic_ms() - began_ms, 8 * kTimeoutMs);
  EXPECT_EQ(looks[0].state.reason, "the deadline passed");
  EXPECT_FALSE(looks[0].connections);
}

TEST_F(InspectionTest, EveryHostIsLookedAtByItself) {
  server_.will_be_a_standby();
  server_.will_answer(one_row({"150004", "t", "t"}));
  const auto looks = inspect("host=/nonexistent," + server_.folder() + " port=5432 user=u");
  ASSERT_EQ(looks.size(), 2U);
  EXPECT_EQ(looks[0].host, "/nonexistent:5432");
  EXPECT_TRUE(looks[0].unreachable);
  EXPECT_FALSE(looks[0].state);
  EXPECT_FALSE(looks[1].unreachable);
  ASSERT_TRUE(looks[1].state);
  EXPECT_TRUE(looks[1].state->is_standby);
}

TEST_F(InspectionTest, NoWordShowsThePassword) {
  const auto refused = inspect("host=/nonexistent password=Xk7pw user=u");
  EXPECT_EQ(refused[0].unreachable->find("Xk7pw"), std::string::npos);
  const auto unreadable = inspect("postgresql://u:Xk7/pw@h/d");
  ASSERT_EQ(unreadable.size(), 1U);
  EXPECT_EQ((unreadable[0].host + *unreadable[0].unreachable).find("Xk7"), std::string::npos);
  const auto nonsense = inspect("Xk7pw");
  ASSERT_EQ(nonsense.size(), 1U);
  EXPECT_EQ(nonsense[0].host, "DATABASE_URL");
  EXPECT_EQ(nonsense[0].unreachable->find("Xk7pw"), std::string::npos);
}

TEST(IsThisMachine, KnowsLoopback) {
  for (const char* const own : {"", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_this_machine(own)) << own;
  for (const char* const other : {"192.0.2.1", "12.7.0.1", "::2", "2001:db8::1"})
    EXPECT_FALSE(is_this_machine(other)) << other;
}

}  // namespace
}  // namespace latchkey::db
