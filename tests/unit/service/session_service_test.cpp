// SPDX-License-Identifier: Apache-2.0
#include "service/session_service.h"

#include <string>

#include <gtest/gtest.h>

#include "crypto/jws.h"
#include "doubles/captured_log.h"
#include "doubles/fake_clock.h"
#include "doubles/fake_events.h"
#include "doubles/fake_random.h"
#include "doubles/fake_sessions.h"
#include "doubles/thrown_error.h"
#include "doubles/watched_revocations.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;
using doubles::caller;
using doubles::origin;
using doubles::thrown_by;

class SessionServiceTest : public ::testing::Test {
 protected:
  SessionServiceTest() {
    keys_.add(*crypto::find_jws_algorithm("HS256"),
              base::Secret(std::string_view("0123456789abcdef0123456789abcdef")));
    pair_ = tokens_.issue(doubles::grant());
  }

  ErrorCode refresh_fault(std::string_view token) {
    return thrown_by([&] { service_.refresh(token, origin(), 0); }).code();
  }
  ErrorCode fault_of_outcome(db::RefreshOutcome outcome) {
    sessions_.refresh_answer = {outcome, std::nullopt};
    return refresh_fault(pair_.refresh_token);
  }
  void expire() { clock_.set_wall_ms(doubles::session().expires_at_ms); }

  crypto::KeyRing keys_{*crypto::find_jws_algorithm("HS256")};
  doubles::FakeClock clock_;
  doubles::FakeRandom random_;
  doubles::FakeSessions sessions_;
  Tokens tokens_{keys_, {.issuer = "latchkey", .access_ttl_s = 1800}, clock_, random_};
  doubles::FakeEvents events_;
  doubles::WatchedRevocations revocations_;
  SessionService service_{sessions_,
                          tokens_,
                          revocations_.watch,
                          events_,
                          {.ttl_s = 604'800, .reuse_leeway_ms = 10'000}};
  TokenPair pair_;
};

TEST_F(SessionServiceTest, ARefreshAsksForItsSessionAndCounter) {
  EXPECT_EQ(service_.refresh(pair_.refresh_token, origin(), 0).user.id, 42);
  ASSERT_TRUE(sessions_.refresh_request);
  EXPECT_EQ(sessions_.refresh_request->caller.user_id, 42);
  EXPECT_EQ(sessions_.refresh_request->caller.session_id, doubles::uuid());
  EXPECT_EQ(sessions_.refresh_request->counter, 3);
  EXPECT_EQ(sessions_.refresh_request->leeway_ms, 10'000);
  EXPECT_EQ(sessions_.refresh_request->session_ttl_s, 604'800);
  EXPECT_EQ(sessions_.last_origin->request_id, "request-0001");
}

TEST_F(SessionServiceTest, TheLeewayCountsToWhenTheTokenWasPresented) {
  service_.refresh(pair_.refresh_token, origin(), 2'500);
  EXPECT_EQ(sessions_.refresh_request->leeway_ms, 12'500);
}

TEST_F(SessionServiceTest, NoLeewayStaysNone) {
  SessionService strict(sessions_, tokens_, revocations_.watch, events_,
                        {.ttl_s = 604'800, .reuse_leeway_ms = 0});
  strict.refresh(pair_.refresh_token, origin(), 2'500);
  EXPECT_EQ(sessions_.refresh_request->leeway_ms, 0);
}

TEST_F(SessionServiceTest, EachOutcomeOfARefreshIsCounted) {
  service_.refresh(pair_.refresh_token, origin(), 0);
  fault_of_outcome(db::RefreshOutcome::kReused);
  fault_of_outcome(db::RefreshOutcome::kRevoked);
  EXPECT_EQ(events_.counted, (std::vector{base::Event::kRefreshRotated, base::Event::kRefreshReused,
                                          base::Event::kRefreshRefused}));
}

TEST_F(SessionServiceTest, ARepeatedRefreshIsGrantedToo) {
  sessions_.refresh_answer = {db::RefreshOutcome::kRepeated, doubles::grant()};
  EXPECT_EQ(service_.refresh(pair_.refresh_token, origin(), 0).session.counter, 3);
}

TEST_F(SessionServiceTest, EveryOtherOutcomeHasItsCode) {
  EXPECT_EQ(fault_of_outcome(db::RefreshOutcome::kRevoked), ErrorCode::kTokenRevoked);
  EXPECT_EQ(fault_of_outcome(db::RefreshOutcome::kExpired), ErrorCode::kTokenExpired);
  EXPECT_EQ(fault_of_outcome(db::RefreshOutcome::kInactive), ErrorCode::kUserInactive);
  EXPECT_EQ(fault_of_outcome(db::RefreshOutcome::kUnknown), ErrorCode::kTokenRevoked);
  // A grant that is missing is a bug, not an answer.
  EXPECT_EQ(fault_of_outcome(db::RefreshOutcome::kRotated), ErrorCode::kInternalError);
  EXPECT_EQ(fault_of_outcome(db::RefreshOutcome::kRepeated), ErrorCode::kInternalError);
}

TEST_F(SessionServiceTest, AReusedTokenIsRefusedAndLogged) {
  const doubles::CapturedLog log;
  EXPECT_EQ(fault_of_outcome(db::RefreshOutcome::kReused), ErrorCode::kTokenRevoked);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0].find_string("level"), "WARNING");
  EXPECT_EQ(log.lines()[0].find_integer("user_id"), 42);
  EXPECT_EQ(log.text().find(pair_.refresh_token), std::string::npos);
}

TEST_F(SessionServiceTest, AnExpiredTokenIsRefusedWithoutAsking) {
  expire();
  EXPECT_EQ(refresh_fault(pair_.refresh_token), ErrorCode::kTokenExpired);
  EXPECT_FALSE(sessions_.refresh_request);
}

TEST_F(SessionServiceTest, OnlyARefreshTokenRefreshes) {
  EXPECT_EQ(refresh_fault(pair_.access_token), ErrorCode::kTokenInvalid);
  EXPECT_EQ(refresh_fault("a.b.c"), ErrorCode::kTokenInvalid);
  EXPECT_FALSE(sessions_.refresh_request);
}

TEST_F(SessionServiceTest, LogsOutBySessionWhetherOrNotTheTokenIsOver) {
  service_.log_out(pair_.refresh_token, origin());
  EXPECT_EQ(sessions_.logged_out->session_id, doubles::uuid());
  sessions_.logged_out.reset();
  expire();
  service_.log_out(pair_.refresh_token, origin());
  EXPECT_TRUE(sessions_.logged_out);
  EXPECT_EQ(thrown_by([&] { service_.log_out(pair_.access_token, origin()); }).code(),
            ErrorCode::kTokenInvalid);
}

TEST_F(SessionServiceTest, LogsOutEverywhere) {
  service_.log_out_everywhere(caller(), origin());
  EXPECT_EQ(sessions_.logged_out_everywhere->user_id, 42);
}

TEST_F(SessionServiceTest, ListsTheEntriesAsTheyCome) {
  sessions_.entries.resize(2);
  sessions_.entries[0].id = doubles::uuid(doubles::kOtherSessionId);
  const auto entries = service_.list(caller());
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].id, doubles::uuid(doubles::kOtherSessionId));
}

TEST_F(SessionServiceTest, OnlyALiveCallerIsServed) {
  const auto code_of = [](auto action) { return thrown_by(action).code(); };
  sessions_.standing = db::Standing::kEnded;
  EXPECT_EQ(code_of([&] { service_.log_out_everywhere(caller(), origin()); }),
            ErrorCode::kTokenRevoked);
  EXPECT_EQ(code_of([&] { (void)service_.list(caller()); }), ErrorCode::kTokenRevoked);
  sessions_.standing = db::Standing::kInactive;
  EXPECT_EQ(code_of([&] { service_.log_out_everywhere(caller(), origin()); }),
            ErrorCode::kUserInactive);
  EXPECT_EQ(code_of([&] { (void)service_.list(caller()); }), ErrorCode::kUserInactive);
}

TEST_F(SessionServiceTest, RevokesTheSessionThatIsNamed) {
  service_.revoke(caller(), doubles::kOtherSessionId, origin());
  EXPECT_EQ(sessions_.revoke_target, doubles::uuid(doubles::kOtherSessionId));
  EXPECT_EQ(sessions_.revoked_by->user_id, 42);
}

TEST_F(SessionServiceTest, EveryOutcomeOfRevokingHasItsCode) {
  const auto fault_of = [this](db::RevokeOutcome outcome) {
    sessions_.revoke_answer = outcome;
    return thrown_by([&] { service_.revoke(caller(), doubles::kOtherSessionId, origin()); }).code();
  };
  EXPECT_EQ(fault_of(db::RevokeOutcome::kNotFound), ErrorCode::kNotFound);
  EXPECT_EQ(fault_of(db::RevokeOutcome::kEnded), ErrorCode::kTokenRevoked);
  EXPECT_EQ(fault_of(db::RevokeOutcome::kInactive), ErrorCode::kUserInactive);
}

// The caller's standing is asked all the same: an ended session learns nothing.
TEST_F(SessionServiceTest, TextThatIsNoSessionIdNamesNoSession) {
  sessions_.revoke_answer = db::RevokeOutcome::kNotFound;
  for (const std::string& target :
       {std::string("x"), std::string("..%2f"), std::string(doubles::kSessionId) + "0"}) {
    EXPECT_EQ(thrown_by([&] { service_.revoke(caller(), target, origin()); }).code(),
              ErrorCode::kNotFound);
    EXPECT_EQ(sessions_.revoke_target, base::Uuid());
  }
}

}  // namespace
}  // namespace latchkey::service
