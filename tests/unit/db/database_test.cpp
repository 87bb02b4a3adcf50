// SPDX-License-Identifier: Apache-2.0
#include "db/database.h"

#include <string>

#include <gtest/gtest.h>

#include "db/database_fixture.h"
#include "db/silent_server.h"
#include "doubles/captured_log.h"
#include "doubles/records.h"
#include "doubles/thrown_error.h"

namespace latchkey::db {
namespace {

using base::ErrorCode;
using doubles::thrown_by;

constexpr Statement kRead{"read", "SELECT read($1)", Effect::kReads};
constexpr Statement kWrite{"write", "SELECT write($1)", Effect::kWrites};

class CallTest : public DatabaseTest {
 protected:
  Rows call(const Statement& statement) { return database_.call(statement, {std::int64_t{7}}); }
  base::Error fault_of(const Statement& statement) {
    return thrown_by([&] { (void)call(statement); });
  }
};

// ---- calls that work

TEST_F(CallTest, ConnectsWhenFirstNeededAndKeepsTheConnection) {
  EXPECT_EQ(server_.connections(), 0);
  server_.will_answer(one_row({"one"}));
  server_.will_answer(one_row({"two"}));
  EXPECT_EQ(call(kRead).text(0, 0), "one");
  EXPECT_EQ(call(kRead).text(0, 0), "two");
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(CallTest, PreparesAStatementOnce) {
  for (int i = 0; i < 4; ++i) server_.will_answer(one_row({"x"}));
  call(kRead);
  call(kWrite);
  call(kRead);
  call(kWrite);
  EXPECT_EQ(server_.prepared(), 2);
  EXPECT_EQ(server_.last_call().statement, "write");
}

TEST_F(CallTest, PreparesNothingIfItShallNot) {
  Database database(options(server_.url(), false), breaker_, clock_, meter_);
  server_.will_answer(one_row({"x"}));
  database.call(kRead, {std::string_view("O'Brien"), std::nullopt});
  EXPECT_EQ(server_.prepared(), 0);
  EXPECT_EQ(server_.last_call().statement, "SELECT read($1)");
  EXPECT_EQ(server_.last_call().parameters, (Row{"O'Brien", std::nullopt}));
}

TEST_F(CallTest, CountsTheTimeOfTheDatabase) {
  server_.will_answer(one_row({"x"}));
  call(kRead);
  EXPECT_GT(meter_.take().database_ns, 0);
}

TEST_F(CallTest, OneRowIsOne) {
  server_.will_answer({.kind = Reply::Kind::kRows, .rows = {{"a"}, {"b"}}});
  const base::Error two = thrown_by([&] { database_.call_for_one_row(kRead, {}); });
  EXPECT_EQ(two.code(), ErrorCode::kInternalError);
  EXPECT_EQ(two.cause(), "read answered 2 rows instead of one");
  server_.will_answer({.kind = Reply::Kind::kRows, .rows = {}});
  EXPECT_EQ(thrown_by([&] { database_.call_for_one_row(kRead, {}); }).code(),
            ErrorCode::kInternalError);
}

// ---- a server that cannot be reached

TEST_F(CallTest, AServerThatIsNotThereIsUnavailable) {
  Database database(options("host=/nonexistent user=u"), breaker_, clock_, meter_);
  const base::Error error = thrown_by([&] { database.call(kRead, {}); });
  EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(error.retry_after_s(), 1);
  EXPECT_NE(error.cause().find("No such file or directory"), std::string::npos) << error.cause();
}

TEST_F(CallTest, AServerThatRefusesIsUnavailable) {
  for (const char* const sqlstate : {"28P01", "53300", "57P03", "3D000"}) {
    server_.will_refuse_connections(sqlstate);
    EXPECT_EQ(fault_of(kRead).code(), ErrorCode::kDatabaseUnavailable) << sqlstate;
  }
  EXPECT_EQ(breaker_.view().failures, 4U);
  EXPECT_EQ(server_.connections(), 4);
}

TEST_F(CallTest, ConnectingEndsAtTheDeadline) {
  const SilentServer silent;
  Database database(options("host=" + silent.folder() + " user=u"), breaker_, clock_, meter_);
  const std::int64_t started_ms = clock_.monotonic_ms();
  const base::Error error = thrown_by([&] { database.call(kRead, {}); });
  const std::int64_t took_ms = clock_.monotonic_ms() - started_ms;
  EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(error.cause(), "connecting took too long");
  EXPECT_GE(took_ms, kTimeoutMs);
  EXPECT_LT(took_ms, 10 * kTimeoutMs);
  EXPECT_EQ(breaker_.view().failures, 1U);
}

TEST_F(CallTest, TheBreakerOpensAndThenNothingIsTried) {
  server_.will_refuse_connections("57P03");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fault_of(kRead).code(), ErrorCode::kDatabaseUnavailable);
  const base::Error refused = fault_of(kRead);
  EXPECT_EQ(refused.code(), ErrorCode::kCircuitOpen);
  EXPECT_EQ(refused.retry_after_s(), 60);
  EXPECT_EQ(server_.connections(), 5);
}

// Behind workers that wait for the database, each request would wait for those in front of it.
TEST_F(CallTest, WhileTheServerIsSuspectedTheQueueCountsAsWell) {
  constexpr std::int64_t kMs = 1'000'000;
  DatabaseOptions counting = options(server_.url());
  counting.counts_queue = true;
  Database database(std::move(counting), breaker_, clock_, meter_);
  const auto call = [&](const Statement& statement) {
    return database.call(statement, {std::int64_t{7}});
  };
  const auto fault_of = [&](const Statement& statement) {
    return thrown_by([&] { (void)call(statement); });
  };
  meter_.begin(10 * kTimeoutMs * kMs);
  server_.will_answer(one_row({"healthy: it has all its time"}));
  call(kRead);

  server_.will_answer(fault("57P03"));
  EXPECT_EQ(fault_of(kRead).cause(), "SQLSTATE 57P03");
  const std::size_t calls = server_.calls().size();
  // A sliver of time is none: a healthy server could not answer in it either.
  meter_.begin((kTimeoutMs - 10) * kMs);
  const base::Error given_up = fault_of(kRead);
  EXPECT_EQ(given_up.code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(given_up.retry_after_s(), 1);
  EXPECT_EQ(server_.calls().size(), calls) << "nobody was asked";
  EXPECT_EQ(breaker_.view().failures, 1U) << "and so nothing is learned of the server";

  meter_.begin(kTimeoutMs / 2 * kMs);
  server_.will_answer(silence());
  const std::int64_t started_ms = clock_.monotonic_ms();
  EXPECT_EQ(fault_of(kRead).cause(), "the deadline passed");
  EXPECT_GE(clock_.monotonic_ms() - started_ms, kTimeoutMs / 2);
  EXPECT_LT(clock_.monotonic_ms() - started_ms, kTimeoutMs);

  meter_.begin(0);
  server_.will_answer(one_row({"well again"}));
  call(kRead);
  EXPECT_EQ(breaker_.view().failures, 0U);
}

// ---- a server that falls silent or goes away

// Silent from the start, cut off in mid-answer, or talking without an end.
TEST_F(CallTest, ACallEndsAtTheDeadlineAndTheNextOneWorks) {
  int connections = 1;
  for (const Reply& reply : {silence(), half(), drip()}) {
    server_.will_answer(reply);
    const std::int64_t started_ms = clock_.monotonic_ms();
    const base::Error error = fault_of(kRead);
    const std::int64_t took_ms = clock_.monotonic_ms() - started_ms;
    EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
    EXPECT_EQ(error.cause(), "the deadline passed");
    EXPECT_GE(took_ms, kTimeoutMs);
    EXPECT_LT(took_ms, 10 * kTimeoutMs);
    EXPECT_EQ(breaker_.view().failures, 1U);

    server_.will_answer(one_row({"well again"}));
    EXPECT_EQ(call(kRead).text(0, 0), "well again");
    EXPECT_EQ(breaker_.view().failures, 0U);
    EXPECT_EQ(server_.connections(), ++connections);
    EXPECT_EQ(server_.calls().size(), 2U * static_cast<unsigned>(connections - 1));
  }
}

TEST_F(CallTest, AReadWhoseAnswerWasLostIsRepeatedOnce) {
  server_.will_answer(closing());
  server_.will_answer(one_row({"second try"}));
  EXPECT_EQ(call(kRead).text(0, 0), "second try");
  EXPECT_EQ(server_.calls().size(), 2U);
  EXPECT_EQ(breaker_.view().failures, 0U);

  server_.will_answer(closing());
  server_.will_answer(closing());
  EXPECT_EQ(fault_of(kRead).code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(server_.calls().size(), 4U);
  EXPECT_EQ(breaker_.view().failures, 1U);
}

TEST_F(CallTest, AWriteWhoseAnswerWasLostIsNotAndItsOutcomeIsUnknown) {
  server_.will_answer(closing());
  try {
    call(kWrite);
    FAIL();
  } catch (const OutcomeUnknown& doubt) {
    EXPECT_EQ(doubt.code(), ErrorCode::kDatabaseUnavailable);
    EXPECT_FALSE(doubt.deadline().is_over());
  }
  EXPECT_EQ(server_.calls().size(), 1U);
}

TEST_F(CallTest, AWriteThatWasNeverSentIsSentOnANewConnection) {
  server_.will_die_preparing();
  server_.will_answer(one_row({"x"}));
  EXPECT_EQ(call(kWrite).text(0, 0), "x");
  EXPECT_EQ(server_.connections(), 2);
  EXPECT_EQ(server_.calls().size(), 1U);
  EXPECT_EQ(breaker_.view().failures, 0U);
}

TEST_F(CallTest, AWriteThatCertainlyDidNotRunIsRepeated) {
  for (const char* const sqlstate : {"26000", "0A000"}) {
    server_.will_answer(fault(sqlstate));
    server_.will_answer(one_row({"prepared anew"}));
    EXPECT_EQ(call(kWrite).text(0, 0), "prepared anew") << sqlstate;
  }
  EXPECT_EQ(breaker_.view().failures, 0U);
}

// A server that restarted while nothing was asked costs no request, not even one that writes.
TEST_F(CallTest, AConnectionClosedMeanwhileIsOpenedAnew) {
  server_.will_answer(one_row({"x"}));
  call(kWrite);
  server_.hang_up();
  server_.will_answer(one_row({"on a new one"}));
  EXPECT_EQ(call(kWrite).text(0, 0), "on a new one");
  EXPECT_EQ(server_.connections(), 2);
  EXPECT_EQ(server_.calls().size(), 2U);
}

// ---- a server that answers with an error

TEST_F(CallTest, AnErrorOfTheCallLeavesConnectionAndBreakerAlone) {
  server_.will_answer(fault("23505"));
  const base::Error error = fault_of(kWrite);
  EXPECT_EQ(error.code(), ErrorCode::kDatabaseError);
  EXPECT_EQ(error.cause(), "SQLSTATE 23505");
  EXPECT_EQ(breaker_.view().failures, 0U);
  server_.will_answer(one_row({"x"}));
  call(kWrite);
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(CallTest, AnErrorOfTheServerCounts) {
  server_.will_answer(fault("53100"));
  EXPECT_EQ(fault_of(kWrite).code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(breaker_.view().failures, 1U);
}

TEST_F(CallTest, AReadOnlyServerIsLeftForAnother) {
  server_.will_answer(fault("25006"));
  EXPECT_EQ(fault_of(kWrite).code(), ErrorCode::kDatabaseUnavailable);
  server_.will_answer(one_row({"x"}));
  call(kWrite);
  EXPECT_EQ(server_.connections(), 2);
}

// ---- secrets

TEST_F(CallTest, NeitherLogNorErrorShowsThePassword) {
  const doubles::CapturedLog log(base::LogLevel::kDebug);
  {
    Database database(options(server_.url() + " password=s3cret"), breaker_, clock_, meter_);
    server_.will_answer(one_row({"x"}));
    database.call(kRead, {});
  }
  server_.will_refuse_connections("28P01");
  Database refused(options(server_.url() + " password=s3cret"), breaker_, clock_, meter_);
  const base::Error error = thrown_by([&] { refused.call(kRead, {}); });
  EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_NE(error.cause(), "connecting took too long");
  EXPECT_EQ(error.cause().find("s3cret"), std::string::npos);
  EXPECT_EQ(log.text().find("s3cret"), std::string::npos);
}

// libpq quotes a connection string that it cannot read, and what it quotes may be the password: one
// with a '/' in it looks like a port to it.
TEST_F(CallTest, AConnectionStringThatCannotBeReadIsNotQuoted) {
  for (const std::string_view url : {"postgresql://u:s3cret/x@h/d", "postgresql://u:s3cret%zz@h/d",
                                     "password=x s3cret=y", "password=x s3cret"}) {
    Database database(options(url), breaker_, clock_, meter_);
    const base::Error error = thrown_by([&] { database.call(kRead, {}); });
    EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
    EXPECT_EQ(error.cause(), "libpq cannot use the connection string");
  }
}

// ---- rows

class RowsTest : public DatabaseTest {
 protected:
  // A row of one column that holds this value.
  Rows row(Value value) {
    server_.will_answer(one_row({std::move(value)}));
    return database_.call(kRead, {});
  }
  template <typename Read>
  std::string fault_of(Value value, Read read) {
    const Rows rows = row(std::move(value));
    const base::Error error = thrown_by([&] { read(rows); });
    EXPECT_EQ(error.code(), ErrorCode::kInternalError);
    return error.cause().substr(error.cause().find(": ") + 2);
  }
};

TEST_F(RowsTest, ReadEachKindOfValue) {
  EXPECT_EQ(row("text").text(0, 0), "text");
  EXPECT_EQ(row("-9223372036854775808").integer(0, 0), INT64_MIN);
  EXPECT_EQ(row("2147483647").small_integer(0, 0), INT32_MAX);
  EXPECT_TRUE(row("t").boolean(0, 0));
  EXPECT_FALSE(row("f").boolean(0, 0));
  EXPECT_EQ(row(doubles::kSessionId).uuid(0, 0), doubles::uuid());
  EXPECT_EQ(row("7").optional_integer(0, 0), 7);
  EXPECT_EQ(row("x").text_or_empty(0, 0), "x");
}

TEST_F(RowsTest, ReadNullWhereItIsAllowed) {
  EXPECT_TRUE(row(std::nullopt).is_null(0, 0));
  EXPECT_EQ(row(std::nullopt).optional_integer(0, 0), std::nullopt);
  EXPECT_EQ(row(std::nullopt).text_or_empty(0, 0), "");
}

TEST_F(RowsTest, MoveFromHandToHand) {
  Rows first = row("one");
  Rows second = row("two");
  first = std::move(second);
  EXPECT_EQ(first.text(0, 0), "two");
}

TEST_F(RowsTest, RefuseWhatDoesNotFit) {
  EXPECT_EQ(fault_of(std::nullopt, [](const Rows& r) { (void)r.text(0, 0); }), "column 0 is NULL");
  EXPECT_EQ(fault_of("x", [](const Rows& r) { (void)r.text(0, 1); }), "column 1 is missing");
  EXPECT_EQ(fault_of("x", [](const Rows& r) { (void)r.text(1, 0); }), "column 0 is missing");
  EXPECT_EQ(fault_of("7x", [](const Rows& r) { (void)r.integer(0, 0); }),
            "column 0 is not a number that fits");
  EXPECT_EQ(fault_of("2147483648", [](const Rows& r) { (void)r.small_integer(0, 0); }),
            "column 0 is not a number that fits");
  EXPECT_EQ(fault_of("true", [](const Rows& r) { (void)r.boolean(0, 0); }),
            "column 0 is not a boolean");
  EXPECT_EQ(fault_of("x", [](const Rows& r) { (void)r.uuid(0, 0); }), "column 0 is not a UUID");
}

}  // namespace
}  // namespace latchkey::db
