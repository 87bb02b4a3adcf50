// SPDX-License-Identifier: Apache-2.0
#include "db/failure.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "db/answer.h"

namespace latchkey::db {
namespace {

using base::Error;
using base::ErrorCode;

// What a client is told to wait when the database cannot be reached and the breaker, which knows
// better, has not opened yet.
constexpr std::int64_t kRetryAfterS = 1;

struct Illness {
  std::string_view sqlstate;  // five characters, or the two of a class
};

// The server is stopping, starting, full, read-only or out of reach; the next call would fare no
// better. A unique violation or a bad argument is not on this list.
constexpr std::array kIllnesses{
    Illness{"08"},     // connection exception
    Illness{"53"},     // insufficient resources: disk full, out of memory, too many connections
    Illness{"57P"},    // operator intervention: shutting down, crashed, starting up
    Illness{"57014"},  // query_canceled: statement_timeout
    Illness{"55P03"},  // lock_not_available: lock_timeout
    Illness{"58"},     // system error: I/O
    Illness{"25006"},  // read_only_sql_transaction: a standby after failover
    Illness{"28"},     // invalid authorization: the role's password was changed
    Illness{"3D000"},  // the database does not exist
    Illness{"XX"},     // internal error, corrupted data
};

Error unavailable(std::string cause) {
  return Error(ErrorCode::kDatabaseUnavailable).because(std::move(cause)).retry_after(kRetryAfterS);
}

Verdict lost_connection(const std::exception& exception, Phase phase, bool timed_out) {
  std::string cause = timed_out ? "the deadline passed" : "the connection was lost";
  if (phase == Phase::kConnecting) {
    cause = timed_out ? "connecting took too long" : std::string(exception.what());
  }
  return {.error = unavailable(std::move(cause)),
          .server_is_ill = true,
          .connection_is_spoilt = true,
          .certainly_did_not_happen = phase != Phase::kCalling,
          .outcome_is_unknown = phase == Phase::kCalling};
}

// The backend no longer knows the prepared statement, or a migration changed what it answers: it
// was refused before it ran, and a new connection prepares it anew.
bool is_forgotten_statement(std::string_view sqlstate) {
  return sqlstate == "26000" || sqlstate == "0A000";
}

// Whoever answered has lost the server that was to do it (class 08, but for 08P01, which is
// PostgreSQL's own about a message of ours), or does not know whether it was done (40003).
bool is_hearsay(std::string_view sqlstate) {
  return (sqlstate.starts_with("08") && sqlstate != "08P01") || sqlstate == "40003";
}

Verdict refused(const std::string& sqlstate, Phase phase) {
  const std::string cause = "SQLSTATE " + sqlstate;
  if (is_hearsay(sqlstate)) {
    return {.error = unavailable(cause),
            .server_is_ill = is_illness(sqlstate),
            .connection_is_spoilt = true,
            .certainly_did_not_happen = phase != Phase::kCalling,
            .outcome_is_unknown = phase == Phase::kCalling};
  }
  // A read-only server is spoilt for us: the next connection may find the new primary.
  if (is_illness(sqlstate)) return {unavailable(cause), true, sqlstate.starts_with("25")};
  if (is_forgotten_statement(sqlstate))
    return {Error(ErrorCode::kDatabaseError).because(cause), false, true, true};
  return {Error(ErrorCode::kDatabaseError).because(cause)};
}

}  // namespace

bool is_illness(std::string_view sqlstate) {
  return std::ranges::any_of(kIllnesses, [sqlstate](const Illness& illness) {
    return sqlstate.starts_with(illness.sqlstate);
  });
}

Verdict judge(const std::exception& exception, Phase phase, bool timed_out) {
  if (dynamic_cast<const LostConnection*>(&exception) != nullptr)
    return lost_connection(exception, phase, timed_out);
  if (const auto* const refusal = dynamic_cast<const Refusal*>(&exception))
    return refused(refusal->sqlstate(), phase);
  return {.error = Error(ErrorCode::kInternalError).because("db: unexpected exception"),
          .connection_is_spoilt = true,
          .outcome_is_unknown = phase == Phase::kCalling};
}

}  // namespace latchkey::db
