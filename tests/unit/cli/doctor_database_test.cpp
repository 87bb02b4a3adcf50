// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_database.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "db/health.h"
#include "db/required_functions.h"

namespace latchkey::cli {
namespace {

template <typename T>
db::Answer<T> answer(T value) {
  return {std::move(value), {}};
}

// A server that is as it should be.
db::ServerLook good() {
  std::vector<db::FunctionGrant> functions;
  for (const std::string_view signature : db::kRequiredFunctions)
    functions.push_back({std::string(signature), true});
  functions.push_back({"internal()", false});
  db::ServerLook server{.host = "db1"};
  server.transport = answer(db::Transport{false, true, "verify-full", true});
  server.state = answer(db::ServerState{.version = 150004});
  server.clock = answer(db::ClockSkew{.ahead_ms = 3, .round_trip_ms = 1});
  server.schema = answer(db::SchemaState{db::kRequiredSchemaVersion});
  server.functions = answer(functions);
  server.open_tables = answer(std::vector<std::string>{});
  server.role = answer(db::Role{.name = "latchkey_app", .may_use_schema = true});
  server.role_settings =
      answer(std::vector<db::RoleSetting>{{"TimeZone", "UTC"},
                                          {"search_path", "latchkey"},
                                          {"lock_timeout", "1500ms"},
                                          {"statement_timeout", "1900ms"},
                                          {"default_transaction_isolation", "read committed"},
                                          {"idle_in_transaction_session_timeout", "5s"}});
  server.connections =
      answer(db::Connections{.max = 100, .reserved = 3, .of_role = 4, .in_all = 10});
  return server;
}

db::ServerLook unreachable() {
  return {.host = "db2", .unreachable = "connection to server failed: refused\n\tIs it there?"};
}
db::ServerLook standby() {
  db::ServerLook server = good();
  server.state =
      answer(db::ServerState{.version = 150004, .is_standby = true, .is_read_only = true});
  return server;
}

std::vector<Mark> marks(const Findings& findings) {
  std::vector<Mark> all;
  for (const Finding& finding : findings) all.push_back(finding.mark);
  return all;
}

TEST(JudgeDatabase, AServerAsItShouldBeGivesNothingToDo) {
  for (const Finding& finding : judge_database({good()}, {.workers = 4}))
    EXPECT_EQ(finding.mark, Mark::kOk) << finding.check << ": " << finding.found;
}

TEST(JudgeDatabase, EveryCheckThatCouldNotBeMadeSaysSo) {
  db::ServerLook mute{.host = "db1"};
  const Findings findings = judge_database({mute}, {});
  EXPECT_GE(findings.size(), 10U);
  for (const Finding& finding : findings) {
    if (finding.check == "primary") continue;
    EXPECT_EQ(finding.mark, Mark::kCouldNotAsk) << finding.check << ": " << finding.found;
    EXPECT_NE(finding.advice, "");
  }
}

TEST(JudgeDatabase, WithoutAServerTheRestIsNotKnown) {
  const Findings findings = judge_database({unreachable()}, {});
  EXPECT_EQ(marks(findings), (std::vector{Mark::kFailure, Mark::kCouldNotAsk}));
  EXPECT_EQ(findings[0].found, "db2: unreachable: connection to server failed: refused.");
}

TEST(JudgeDatabase, TheOneThatTakesWritesIsLookedAtClosely) {
  db::ServerLook other = standby();
  other.schema = answer(db::SchemaState{0});
  const Findings findings = judge_database({other, good()}, {.workers = 4});
  EXPECT_TRUE(std::ranges::all_of(
      findings, [](Mark mark) { return mark == Mark::kOk; }, &Finding::mark));
}

TEST(JudgeHosts, OneOfSeveralMayBeDown) {
  EXPECT_EQ(marks(judge_hosts({good(), unreachable()})), (std::vector{Mark::kOk, Mark::kWarning}));
  EXPECT_EQ(marks(judge_hosts({good(), standby()})), (std::vector{Mark::kOk, Mark::kOk}));
}

TEST(JudgeHosts, ExactlyOneMustTakeWrites) {
  EXPECT_EQ(marks(judge_hosts({standby(), unreachable()})),
            (std::vector{Mark::kOk, Mark::kFailure, Mark::kFailure}));
  EXPECT_EQ(marks(judge_hosts({good(), good()})),
            (std::vector{Mark::kOk, Mark::kOk, Mark::kFailure}));
  db::ServerLook read_only = good();
  read_only.state = answer(db::ServerState{.version = 150004, .is_read_only = true});
  EXPECT_EQ(marks(judge_hosts({read_only})), (std::vector{Mark::kFailure, Mark::kFailure}));
}

Mark tls(const db::Transport& transport) {
  db::ServerLook server = good();
  server.transport = answer(transport);
  return judge_tls(server).mark;
}

TEST(JudgeTls, OnlyThisMachineMayDoWithout) {
  EXPECT_EQ(tls({.is_local = true}), Mark::kOk);
  EXPECT_EQ(tls({.sslmode = "prefer"}), Mark::kFailure);
  EXPECT_EQ(tls({false, true, "require", true}), Mark::kWarning);
  EXPECT_EQ(tls({false, true, "verify-ca", true}), Mark::kWarning);
  EXPECT_EQ(tls({false, true, "verify-full", true}), Mark::kOk);
  EXPECT_EQ(tls({false, true, "verify-full", false}), Mark::kWarning);
}

Finding clock(std::int64_t ahead_ms, std::int64_t round_trip_ms = 0) {
  db::ServerLook server = good();
  server.clock = answer(db::ClockSkew{ahead_ms, round_trip_ms});
  return judge_clock(server);
}

TEST(JudgeClock, ASecondIsOddAndHalfAMinuteTooMuch) {
  EXPECT_EQ(clock(1'000).mark, Mark::kOk);
  EXPECT_EQ(clock(1'001).mark, Mark::kWarning);
  EXPECT_EQ(clock(-1'001).mark, Mark::kWarning);
  EXPECT_EQ(clock(30'000).mark, Mark::kWarning);
  EXPECT_EQ(clock(30'001).mark, Mark::kFailure);
  EXPECT_EQ(clock(-30'001).mark, Mark::kFailure);
  EXPECT_EQ(clock(1'400, 900).mark, Mark::kOk);  // the way may account for it
  EXPECT_NE(clock(-31'250).found.find("31.2 s behind"), std::string::npos);
}

TEST(JudgeVersion, ThirteenIsTheOldest) {
  db::ServerLook server = good();
  EXPECT_EQ(judge_version(server).found, "PostgreSQL 15.4.");
  server.state = answer(db::ServerState{.version = 130000});
  EXPECT_EQ(judge_version(server).mark, Mark::kOk);
  server.state = answer(db::ServerState{.version = 120022});
  EXPECT_EQ(judge_version(server).mark, Mark::kFailure);
}

TEST(JudgeSchema, AnOlderOneIsAFailureAndANewerOneIsNot) {
  db::ServerLook server = good();
  server.schema = answer(db::SchemaState{db::kRequiredSchemaVersion - 1});
  EXPECT_EQ(judge_schema(server).mark, Mark::kFailure);
  server.schema = answer(db::SchemaState{db::kRequiredSchemaVersion + 1});
  EXPECT_EQ(judge_schema(server).mark, Mark::kOk);
}

TEST(JudgeSchema, MissingIsNoAndSilenceIsNot) {
  db::ServerLook server = good();
  for (const char* const sqlstate : {"3F000", "42883", "42501"}) {
    server.schema = {std::nullopt, std::string("SQLSTATE ") + sqlstate};
    EXPECT_EQ(judge_schema(server).mark, Mark::kFailure) << sqlstate;
  }
  server.schema = {std::nullopt, "the deadline passed"};
  EXPECT_EQ(judge_schema(server).mark, Mark::kCouldNotAsk);
}

TEST(JudgeFunctions, NamesWhatIsMissingAndWhatMayNotBeCalled) {
  db::ServerLook server = good();
  std::vector<db::FunctionGrant> functions = *server.functions;
  functions[1].may_execute = false;
  functions.erase(functions.begin());
  server.functions = answer(functions);
  const Finding finding = judge_functions(server);
  EXPECT_EQ(finding.mark, Mark::kFailure);
  EXPECT_EQ(finding.found,
            "Missing in the schema: readiness(). May not be executed: "
            "login_names_taken(text,text).");
}

TEST(JudgeFunctions, MoreThanNeededIsOddUnlessTheSchemaIsAhead) {
  db::ServerLook server = good();
  std::vector<db::FunctionGrant> functions = *server.functions;
  functions.back().may_execute = true;
  server.functions = answer(functions);
  EXPECT_EQ(judge_functions(server).mark, Mark::kWarning);
  server.schema = answer(db::SchemaState{db::kRequiredSchemaVersion + 1});
  EXPECT_EQ(judge_functions(server).mark, Mark::kOk);
}

TEST(JudgeTables, AnyPrivilegeIsAFailure) {
  db::ServerLook server = good();
  server.open_tables = answer(std::vector<std::string>{"users", "users_id_seq"});
  const Finding finding = judge_tables(server);
  EXPECT_EQ(finding.mark, Mark::kFailure);
  EXPECT_NE(finding.found.find("users, users_id_seq"), std::string::npos);
}

Mark role(const db::Role& role) {
  db::ServerLook server = good();
  server.role = answer(role);
  return judge_role(server).mark;
}

TEST(JudgeRole, HasWhatItNeedsAndNoMore) {
  db::Role good_role{.name = "latchkey_app", .may_use_schema = true};
  EXPECT_EQ(role(good_role), Mark::kOk);
  EXPECT_EQ(role({.name = "latchkey_app"}), Mark::kFailure);
  db::Role other = good_role;
  other.attributes = {"SUPERUSER"};
  EXPECT_EQ(role(other), Mark::kFailure);
  for (bool db::Role::*const surplus :
       {&db::Role::owns_schema, &db::Role::owns_database, &db::Role::may_create_in_schema}) {
    other = good_role;
    other.*surplus = true;
    EXPECT_EQ(role(other), Mark::kFailure);
  }
  other = good_role;
  other.memberships = "pg_monitor";
  EXPECT_EQ(role(other), Mark::kWarning);
}

TEST(JudgeRoleSettings, NamesTheOnesThatAreMissing) {
  db::ServerLook server = good();
  server.role_settings = answer(std::vector<db::RoleSetting>{{"timezone", "UTC"}});
  const Finding finding = judge_role_settings(server);
  EXPECT_EQ(finding.mark, Mark::kWarning);
  EXPECT_NE(finding.found.find("search_path"), std::string::npos);
  EXPECT_EQ(finding.found.find("TimeZone"), std::string::npos);
}

Mark connections(std::optional<std::int64_t> workers, const db::Connections& seen) {
  db::ServerLook server = good();
  server.connections = answer(seen);
  return judge_connections(server, {.workers = workers}).mark;
}

TEST(JudgeConnections, EveryWorkerNeedsOneAndARestartTwoMore) {
  const db::Connections wide{.max = 100, .reserved = 3};
  EXPECT_EQ(connections(95, wide), Mark::kOk);
  EXPECT_EQ(connections(96, wide), Mark::kWarning);
  EXPECT_EQ(connections(98, wide), Mark::kFailure);
  EXPECT_EQ(connections(std::nullopt, wide), Mark::kOk);
}

TEST(JudgeConnections, TheTightestLimitCounts) {
  EXPECT_EQ(connections(4, {.max = 100, .reserved = 3, .role_limit = 6}), Mark::kOk);
  EXPECT_EQ(connections(4, {.max = 100, .reserved = 3, .role_limit = 5}), Mark::kWarning);
  EXPECT_EQ(connections(4, {.max = 100, .reserved = 3, .role_limit = 3}), Mark::kFailure);
  EXPECT_EQ(connections(4, {.max = 100, .reserved = 3, .database_limit = 3}), Mark::kFailure);
}

TEST(JudgeConnections, OtherNodesAndOtherRolesHaveTheirs) {
  EXPECT_EQ(connections(4, {.max = 100, .reserved = 3, .role_limit = 40, .of_role = 39}),
            Mark::kWarning);
  EXPECT_EQ(connections(4, {.max = 100, .reserved = 3, .of_role = 4, .in_all = 95}), Mark::kOk);
  EXPECT_EQ(connections(4, {.max = 100, .reserved = 3, .of_role = 4, .in_all = 96}),
            Mark::kWarning);
}

TEST(JudgeConnections, BehindAPoolerItsLimitsCount) {
  db::ServerLook server = good();
  server.connections = answer(db::Connections{.max = 10});
  EXPECT_EQ(judge_connections(server, {.workers = 99, .is_pooled = true}).mark, Mark::kOk);
}

}  // namespace
}  // namespace latchkey::cli
