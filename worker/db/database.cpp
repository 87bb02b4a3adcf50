// SPDX-License-Identifier: Apache-2.0
#include "db/database.h"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "base/invariant.h"
#include "base/log.h"
#include "db/connection.h"
#include "db/failure.h"
#include "db/servers.h"

namespace latchkey::db {
namespace {

using base::Error;
using base::ErrorCode;

constexpr Statement kBackend{"backend", "SELECT pg_backend_pid()", Effect::kReads};

Error circuit_open(std::int64_t retry_after_ms) {
  const std::int64_t seconds = std::max<std::int64_t>(1, (retry_after_ms + 999) / 1000);
  return Error(ErrorCode::kCircuitOpen).retry_after(seconds);
}

Error waited_too_long() {
  return Error(ErrorCode::kDatabaseUnavailable)
      .because("the database is failing, and the request has waited for a worker as long as it may")
      .retry_after(1);
}

const base::Logger& logger() {
  static const base::Logger instance("latchkey.db");
  return instance;
}

}  // namespace

Parameter::Parameter(std::string_view text) : text_(text) {
  base::require(text.find('\0') == std::string_view::npos, "a parameter holds a NUL character");
}
Parameter::Parameter(const std::string& text) : Parameter(std::string_view(text)) {}
Parameter::Parameter(std::int64_t number) : text_(std::to_string(number)) {}
Parameter::Parameter(std::int32_t number) : text_(std::to_string(number)) {}
Parameter::Parameter(const base::Uuid& uuid) : text_(uuid.text()) {}
Parameter::Parameter(std::nullopt_t /*null*/) {}

// cppcheck-suppress passedByValue ; the URL, which holds a password, is moved on
Database::Database(DatabaseOptions options, shm::Breaker& breaker, const base::Clock& clock,
                   base::CostMeter& meter)
    : timeout_ms_(options.timeout_ms),
      prepared_(options.prepared),
      counts_queue_(options.counts_queue),
      servers_(std::make_unique<Servers>(ServerOptions{.url = std::move(options.url),
                                                       .timeout_ms = options.timeout_ms,
                                                       .is_pooled = !options.prepared},
                                         clock)),
      breaker_(breaker),
      clock_(clock),
      meter_(meter) {}

Database::~Database() = default;

// One try at a call, and what became of it.
struct Database::Attempt {
  const Statement& statement;
  std::span<const Parameter> parameters;
  const Deadline& deadline;
  Phase phase = Phase::kConnecting;
  std::optional<Verdict> failure = std::nullopt;

  // A lost answer may be asked for again only if asking changes nothing, or if the server refused
  // the statement before it ran. A server that could not be connected to is not tried again.
  [[nodiscard]] bool may_be_repeated() const {
    return phase != Phase::kConnecting && failure->connection_is_spoilt && !deadline.is_over() &&
           (failure->certainly_did_not_happen || statement.effect == Effect::kReads);
  }
};

std::optional<Rows> Database::try_once(Attempt& attempt) {
  attempt.phase = Phase::kConnecting;
  try {
    if (connection_ != nullptr && connection_->is_stale()) connection_.reset();
    if (connection_ == nullptr) {
      connection_ = std::make_unique<Connection>(*servers_, prepared_, attempt.deadline);
      logger().info("connected to the database");
    }
    attempt.phase = Phase::kPreparing;
    connection_->prepare(attempt.statement, attempt.deadline);
    attempt.phase = Phase::kCalling;
    return Rows(connection_->execute(attempt.statement, attempt.parameters, attempt.deadline));
  } catch (const std::exception& exception) {
    attempt.failure = judge(exception, attempt.phase, attempt.deadline.is_over());
    if (attempt.failure->connection_is_spoilt) connection_.reset();
    return std::nullopt;
  }
}

Deadline Database::new_deadline() const {
  if (!counts_queue_ || !breaker_.is_suspicious()) return {clock_, timeout_ms_};
  const std::int64_t left_ms = timeout_ms_ - meter_.queued_ns() / 1'000'000;
  return {clock_, 2 * left_ms < timeout_ms_ ? 0 : left_ms};
}

Rows Database::call(const Statement& statement, std::initializer_list<Parameter> parameters) {
  return call_before(new_deadline(), statement, parameters);
}

Rows Database::call_impatiently(std::int64_t patience_ms, const Statement& statement,
                                std::initializer_list<Parameter> parameters) {
  const Deadline deadline = new_deadline();
  if (deadline.remaining_ms() <= patience_ms) return call_before(deadline, statement, parameters);
  return call_before({clock_, patience_ms}, statement, parameters, Lateness::kSaysNothing);
}

Rows Database::call_before(const Deadline& deadline, const Statement& statement,
                           std::initializer_list<Parameter> parameters, Lateness lateness) {
  const auto stopwatch = meter_.time_database();
  auto admission = breaker_.admit();
  if (const auto* const refusal = std::get_if<shm::Refusal>(&admission)) {
    throw circuit_open(refusal->retry_after_ms);
  }
  auto& permit = std::get<shm::Permit>(admission);
  if (deadline.is_over()) {
    permit.abandon();
    throw waited_too_long();
  }

  Attempt attempt{statement, {parameters.begin(), parameters.size()}, deadline};
  auto rows = try_once(attempt);
  if (!rows && attempt.may_be_repeated()) {
    attempt.failure.reset();
    rows = try_once(attempt);
  }
  if (rows) {
    permit.report_success();
    return std::move(*rows);
  }
  const bool was_impatient = lateness == Lateness::kSaysNothing && deadline.is_over();
  if (attempt.failure->server_is_ill && !was_impatient) {
    permit.report_failure();
  } else if (was_impatient || attempt.phase == Phase::kConnecting) {
    permit.abandon();  // the server was never asked: that says nothing about it
  } else {
    permit.report_success();
  }
  if (attempt.failure->outcome_is_unknown && statement.effect == Effect::kWrites)
    throw OutcomeUnknown(std::move(attempt.failure->error), deadline);
  throw attempt.failure->error;
}

Rows Database::call_for_one_row(const Statement& statement,
                                std::initializer_list<Parameter> parameters) {
  return call_for_one_row_before(new_deadline(), statement, parameters);
}

Rows Database::call_for_one_row_before(const Deadline& deadline, const Statement& statement,
                                       std::initializer_list<Parameter> parameters) {
  Rows rows = call_before(deadline, statement, parameters);
  if (rows.size() != 1) {
    throw Error(ErrorCode::kInternalError)
        .because(std::string(statement.name) + " answered " + std::to_string(rows.size()) +
                 " rows instead of one");
  }
  return rows;
}

bool Database::has_own_backend() {
  const std::int64_t pid = call_for_one_row(kBackend, {}).integer(0, 0);
  return connection_ != nullptr && connection_->backend_pid() == pid;
}

}  // namespace latchkey::db
