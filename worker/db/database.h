// SPDX-License-Identifier: Apache-2.0
#pragma once

// The door to PostgreSQL: one function call, one round trip, one transaction, within one deadline.
//
// A worker has one connection, opened when first needed and kept. Each call asks the circuit
// breaker first and tells it how it went. A connection that broke is dropped and opened anew by
// the next call; a call that certainly did not start, or that changes nothing, is tried once more
// in the same deadline. A call that may have been carried out is never repeated: OutcomeUnknown
// tells of it, and what is left of its deadline may be used to look what became of it.
//
// A call has `timeout_ms`. With `counts_queue`, and while the server is suspected of being ill, the
// time that the request waited for a worker counts as well: behind workers that wait for the
// database, a queue would otherwise add a deadline for each request in front. Where less than half
// of the time is left the server is not asked: a sliver would say nothing about it.
//
// Failures, as base::Error: kCircuitOpen (not asked), kDatabaseUnavailable (could not ask),
// kDatabaseError (asked, and refused for a reason that is ours).
//
// Runs in workers; constructed after fork. Nothing of libpq shows here, so that only this room
// depends on it.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/cost_meter.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/uuid.h"
#include "db/deadline.h"
#include "db/rows.h"
#include "shm/breaker.h"

namespace latchkey::db {

class Servers;

// Whether a call may be repeated when its answer was lost.
enum class Effect { kReads, kWrites };

// One function of the schema, as the text that calls it.
struct Statement {
  const char* name;  // for prepared statements
  const char* sql;
  Effect effect;
};

// An argument in PostgreSQL's text form, or NULL. Text with a NUL character is a bug of the caller:
// libpq would cut it there and look up something else.
class Parameter {
 public:
  Parameter(std::string_view text);    // NOLINT(google-explicit-constructor)
  Parameter(const std::string& text);  // NOLINT(google-explicit-constructor)
  Parameter(const char* text) = delete;
  Parameter(std::int64_t number);     // NOLINT(google-explicit-constructor)
  Parameter(std::int32_t number);     // NOLINT(google-explicit-constructor)
  Parameter(const base::Uuid& uuid);  // NOLINT(google-explicit-constructor)
  Parameter(std::nullopt_t);          // NOLINT(google-explicit-constructor)
  template <typename T>
  Parameter(const std::optional<T>& value)  // NOLINT(google-explicit-constructor)
      : Parameter(value ? Parameter(*value) : Parameter(std::nullopt)) {}

  // nullptr for NULL.
  [[nodiscard]] const char* c_str() const { return text_ ? text_->c_str() : nullptr; }

 private:
  std::optional<std::string> text_;
};

struct DatabaseOptions {
  base::Secret url;
  std::int64_t timeout_ms = 2000;
  bool prepared = true;       // false: through a pooler that gives each call another backend
  bool counts_queue = false;  // for workers whose queue is short unless they wait for the database
};

// kDatabaseUnavailable or kInternalError of a call that writes: it was sent, and its answer was
// lost. It may have been carried out, or still be under way. Outlived by the clock of the database.
class OutcomeUnknown : public base::Error {
 public:
  OutcomeUnknown(base::Error error, const Deadline& deadline)
      : base::Error(std::move(error)), deadline_(deadline) {}

  [[nodiscard]] const Deadline& deadline() const { return deadline_; }

 private:
  Deadline deadline_;
};

class Database {
 public:
  // `breaker`, `clock` and `meter` outlive the database.
  Database(DatabaseOptions options, shm::Breaker& breaker, const base::Clock& clock,
           base::CostMeter& meter);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  [[nodiscard]] std::int64_t timeout_ms() const { return timeout_ms_; }

  // For what belongs to a session of PostgreSQL and not to a transaction: whether one and the same
  // backend hears every call, until the connection is lost.
  bool has_own_backend();

  // Every function but list_sessions and revoked_since answers with exactly one row.
  Rows call(const Statement& statement, std::initializer_list<Parameter> parameters);
  Rows call_for_one_row(const Statement& statement, std::initializer_list<Parameter> parameters);
  // For a call that may be given up: it has `patience_ms`, at the most timeout_ms(), and a server
  // that did not answer in so short a time is not held to be ill.
  Rows call_impatiently(std::int64_t patience_ms, const Statement& statement,
                        std::initializer_list<Parameter> parameters);
  // The same within the deadline of an earlier call.
  Rows call_for_one_row_before(const Deadline& deadline, const Statement& statement,
                               std::initializer_list<Parameter> parameters);

 private:
  class Connection;
  struct Attempt;

  [[nodiscard]] Deadline new_deadline() const;
  // What it says of the server that a deadline passed.
  enum class Lateness { kIsIllness, kSaysNothing };
  Rows call_before(const Deadline& deadline, const Statement& statement,
                   std::initializer_list<Parameter> parameters,
                   Lateness lateness = Lateness::kIsIllness);
  std::optional<Rows> try_once(Attempt& attempt);

  std::int64_t timeout_ms_;
  bool prepared_;
  bool counts_queue_;
  std::unique_ptr<Servers> servers_;
  shm::Breaker& breaker_;
  const base::Clock& clock_;
  base::CostMeter& meter_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace latchkey::db
