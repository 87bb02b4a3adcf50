// SPDX-License-Identifier: Apache-2.0
#include "db/failure.h"

#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "db/answer.h"

namespace latchkey::db {
namespace {

using base::ErrorCode;

Verdict of_call(const std::exception& exception) {
  return judge(exception, Phase::kCalling, false);
}

Verdict of_sqlstate(const char* sqlstate) { return of_call(Refusal(sqlstate)); }

void expect(const Verdict& verdict, ErrorCode code, bool ill, bool spoilt) {
  EXPECT_EQ(verdict.error.code(), code);
  EXPECT_EQ(verdict.server_is_ill, ill);
  EXPECT_EQ(verdict.connection_is_spoilt, spoilt);
}

TEST(Failure, ALostConnectionIsAnIllServer) {
  const Verdict verdict = of_call(LostConnection("server closed the connection"));
  expect(verdict, ErrorCode::kDatabaseUnavailable, true, true);
  EXPECT_FALSE(verdict.certainly_did_not_happen);
  EXPECT_EQ(verdict.error.retry_after_s(), 1);
  EXPECT_EQ(verdict.error.cause(), "the connection was lost");
}

TEST(Failure, ALostConnectionSaysHowItWasLost) {
  const LostConnection lost("connection to server failed: refused");
  EXPECT_EQ(judge(lost, Phase::kCalling, true).error.cause(), "the deadline passed");
  EXPECT_EQ(judge(lost, Phase::kConnecting, true).error.cause(), "connecting took too long");
  EXPECT_EQ(judge(lost, Phase::kConnecting, false).error.cause(),
            "connection to server failed: refused");
}

TEST(Failure, WhetherALostCallHappenedIsKnownOnlyIfItWasNotSent) {
  const LostConnection lost("gone");
  for (const Phase phase : {Phase::kConnecting, Phase::kPreparing}) {
    EXPECT_TRUE(judge(lost, phase, false).certainly_did_not_happen);
    EXPECT_FALSE(judge(lost, phase, false).outcome_is_unknown);
  }
  EXPECT_FALSE(of_call(lost).certainly_did_not_happen);
  EXPECT_TRUE(of_call(lost).outcome_is_unknown);
}

TEST(Failure, TheServerIsIllByTheseStates) {
  for (const char* const sqlstate :
       {"08P01", "53000", "53100", "53200", "53300", "57P01", "57P02", "57P03", "57014", "55P03",
        "58000", "58030", "28000", "28P01", "3D000", "XX000", "XX001", "XX002"}) {
    SCOPED_TRACE(sqlstate);
    EXPECT_TRUE(is_illness(sqlstate));
    expect(of_sqlstate(sqlstate), ErrorCode::kDatabaseUnavailable, true, false);
  }
}

// After a failover the old primary is a standby: only a new connection finds the new primary.
TEST(Failure, AReadOnlyServerIsLeft) {
  expect(of_sqlstate("25006"), ErrorCode::kDatabaseUnavailable, true, true);
}

TEST(Failure, TheCallIsAtFaultByAnyOther) {
  for (const char* const sqlstate :
       {"23505", "23514", "22021", "22P02", "42501", "42883", "42P01", "25P02", "3F000", "57000",
        "55000", "P0001", "21000", "40001", "40P01", ""}) {
    SCOPED_TRACE(sqlstate);
    EXPECT_FALSE(is_illness(sqlstate));
    const Verdict verdict = of_sqlstate(sqlstate);
    expect(verdict, ErrorCode::kDatabaseError, false, false);
    EXPECT_FALSE(verdict.certainly_did_not_happen);
    EXPECT_FALSE(verdict.error.retry_after_s());
  }
  EXPECT_FALSE(is_illness(""));
}

// A coordinator or a pooler speaks for a server that it has lost: it may have been done there.
TEST(Failure, WhatOneServerSaysOfAnotherThatItLostIsNoAnswer) {
  for (const char* const sqlstate : {"08000", "08003", "08006"}) {
    SCOPED_TRACE(sqlstate);
    expect(of_sqlstate(sqlstate), ErrorCode::kDatabaseUnavailable, true, true);
    EXPECT_TRUE(of_sqlstate(sqlstate).outcome_is_unknown);
    EXPECT_TRUE(judge(Refusal(sqlstate), Phase::kPreparing, false).certainly_did_not_happen);
  }
  EXPECT_FALSE(of_sqlstate("08P01").outcome_is_unknown);
}

TEST(Failure, AServerThatDoesNotKnowWhetherItDidIsNotIll) {
  expect(of_sqlstate("40003"), ErrorCode::kDatabaseUnavailable, false, true);
  EXPECT_TRUE(of_sqlstate("40003").outcome_is_unknown);
}

TEST(Failure, AForgottenStatementDidNotRun) {
  for (const char* const sqlstate : {"26000", "0A000"}) {
    const Verdict verdict = of_sqlstate(sqlstate);
    expect(verdict, ErrorCode::kDatabaseError, false, true);
    EXPECT_TRUE(verdict.certainly_did_not_happen) << sqlstate;
  }
}

TEST(Failure, AnythingElseIsABugAndSpoilsTheConnection) {
  expect(of_call(std::runtime_error("other")), ErrorCode::kInternalError, false, true);
  expect(of_call(std::bad_alloc()), ErrorCode::kInternalError, false, true);
  EXPECT_TRUE(of_call(std::bad_alloc()).outcome_is_unknown);
}

// A unique violation quotes the row, a failed cast its argument.
TEST(Failure, NeitherHalfRepeatsWhatTheServerSaid) {
  for (const char* const sqlstate : {"23505", "57014", "26000", "25006"}) {
    const base::Error error = of_sqlstate(sqlstate).error;
    EXPECT_EQ(error.cause(), std::string("SQLSTATE ") + sqlstate);
    EXPECT_EQ(error.detail().find("ada@"), std::string::npos);
  }
  EXPECT_EQ(of_call(std::runtime_error("ada@example.com")).error.cause().find("ada@"),
            std::string::npos);
}

}  // namespace
}  // namespace latchkey::db
