// SPDX-License-Identifier: Apache-2.0

// A refresh whose answer was lost: the session is looked at, and nothing is done twice.

#include <string>

#include <gtest/gtest.h>

#include "db/database_fixture.h"
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

class RefreshInDoubtTest : public DatabaseTest {
 protected:
  Refresh refresh() {
    return sessions_.refresh(
        {.caller = caller(), .counter = 2, .leeway_ms = 0, .session_ttl_s = 60}, origin());
  }
  static Row answer(const char* outcome) {
    return {
        outcome, "42",   "a@b.co", "ada", "t", "1000", "2000", std::nullopt, doubles::kSessionId,
        "3",     "4000", "5000"};
  }
  void expect_unavailable() {
    const base::Error error = thrown_by([&] { refresh(); });
    EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
    EXPECT_EQ(error.cause(), "the connection was lost");
    EXPECT_EQ(error.retry_after_s(), 1);
  }

  shm::Segment segment_ = shm::Segment::make_private();
  shm::Doubts doubts_{segment_.layout(), clock_};
  PgSessions sessions_{database_, doubts_};
};

TEST_F(RefreshInDoubtTest, IsGrantedWhenItWasCarriedOut) {
  server_.will_answer(closing());
  server_.will_answer(one_row(answer("rotated")));
  const Refresh settled = refresh();
  EXPECT_EQ(settled.outcome, RefreshOutcome::kRotated);
  ASSERT_TRUE(settled.grant);
  EXPECT_EQ(settled.grant->session.counter, 3);

  ASSERT_EQ(server_.calls().size(), 2U);
  const ReceivedCall asked = server_.last_call();
  EXPECT_EQ(asked.statement, "settle_refresh");
  ASSERT_EQ(asked.parameters.size(), 6U);
  EXPECT_EQ(asked.parameters[2], "2");
  EXPECT_EQ(asked.parameters[3], std::to_string(kTimeoutMs));
}

TEST_F(RefreshInDoubtTest, IsRefusedWhenTheSessionIsOver) {
  for (const auto& [outcome, expected] : {std::pair{"revoked", RefreshOutcome::kRevoked},
                                          std::pair{"expired", RefreshOutcome::kExpired},
                                          std::pair{"inactive", RefreshOutcome::kInactive},
                                          std::pair{"unknown", RefreshOutcome::kUnknown}}) {
    server_.will_answer(closing());
    server_.will_answer(one_row(answer(outcome)));
    const Refresh settled = refresh();
    EXPECT_EQ(settled.outcome, expected);
    EXPECT_FALSE(settled.grant);
  }
}

TEST_F(RefreshInDoubtTest, StaysUnavailableWhenTheLookSettlesNothing) {
  server_.will_answer(closing());
  server_.will_answer(one_row(answer("unsettled")));
  expect_unavailable();
}

TEST_F(RefreshInDoubtTest, StaysUnavailableWhenNobodyCanLook) {
  server_.will_answer(closing());
  server_.will_answer(fault("42883"));  // the schema is older than the program
  expect_unavailable();
  server_.will_answer(closing());
  server_.will_answer(closing());
  server_.will_answer(closing());  // a read may be tried twice
  expect_unavailable();
}

// Then the doubt is remembered, and the next try settles it: its leeway reaches back to the lost
// call.
TEST_F(RefreshInDoubtTest, AfterTheDeadlineNobodyLooksAndTheNextTryKnows) {
  server_.will_answer(silence());
  const base::Error error = thrown_by([&] { refresh(); });
  EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(error.cause(), "the deadline passed");
  EXPECT_EQ(server_.calls().size(), 1U);
  EXPECT_EQ(breaker_.view().failures, 1U);
  EXPECT_EQ(server_.last_call().parameters[3], "0") << "no leeway of its own";

  server_.will_answer(one_row(answer("repeated")));
  EXPECT_EQ(refresh().outcome, RefreshOutcome::kRepeated);
  EXPECT_GT(std::stoi(*server_.last_call().parameters[3]), kTimeoutMs);
  // It has had its answer: the leeway is what it was.
  server_.will_answer(one_row(answer("repeated")));
  refresh();
  EXPECT_EQ(server_.last_call().parameters[3], "0");

  // Another token of the session has no such leeway.
  server_.will_answer(silence());
  thrown_by([&] { refresh(); });
  server_.will_answer(one_row(answer("repeated")));
  sessions_.refresh({.caller = caller(), .counter = 3, .leeway_ms = 0, .session_ttl_s = 60},
                    origin());
  EXPECT_EQ(server_.last_call().parameters[3], "0");
}

}  // namespace
}  // namespace latchkey::db
