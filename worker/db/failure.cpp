// SPDX-License-Identifier: Apache-2.0
#include "db/failure.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <pqxx/except>

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

Verdict sql_failure(const pqxx::sql_error& error) {
  // The only one that libpqxx 6 throws without its SQLSTATE.
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr)
    return {Error(ErrorCode::kDatabaseError).because("SQLSTATE 42501: permission denied")};
  const std::string cause = "SQLSTATE " + error.sqlstate();
  // A read-only server is spoilt for us: the next connection may find the new primary.
  if (is_illness(error.sqlstate())) {
    return {unavailable(cause), true, error.sqlstate().starts_with("25")};
  }
  if (is_forgotten_statement(error.sqlstate())) {
    return {Error(ErrorCode::kDatabaseError).because(cause), false, true, true};
  }
  return {Error(ErrorCode::kDatabaseError).because(cause)};
}

}  // namespace

bool is_illness(std::string_view sqlstate) {
  return std::ranges::any_of(kIllnesses, [sqlstate](const Illness& illness) {
    return sqlstate.starts_with(illness.sqlstate);
  });
}

// The order matters: too_many_connections is a broken_connection, the transaction_rollback family
// is no sql_error.
Verdict judge(const std::exception& exception, Phase phase, bool timed_out) {
  if (dynamic_cast<const pqxx::broken_connection*>(&exception) != nullptr) {
    return lost_connection(exception, phase, timed_out);
  }
  if (dynamic_cast<const pqxx::in_doubt_error*>(&exception) != nullptr) {
    return {.error = unavailable("the connection was lost at commit"),
            .server_is_ill = true,
            .connection_is_spoilt = true,
            .outcome_is_unknown = true};
  }
  if (dynamic_cast<const pqxx::transaction_rollback*>(&exception) != nullptr) {
    return {Error(ErrorCode::kDatabaseError).because("serialization failure or deadlock")};
  }
  if (const auto* const error = dynamic_cast<const pqxx::sql_error*>(&exception)) {
    return sql_failure(*error);
  }
  return {Error(ErrorCode::kInternalError).because("libpqxx: unexpected exception"), false, true};
}

}  // namespace latchkey::db
