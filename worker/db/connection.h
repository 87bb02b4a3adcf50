// SPDX-License-Identifier: Apache-2.0
#pragma once

// One backend of PostgreSQL: connecting, preparing, executing. Its death is the owner's business.
//
// Every statement runs outside of an explicit transaction: one function call is one transaction of
// its own, so one round trip is all it takes. With `prepared`, a statement is prepared when it is
// first used on this backend; without, it is planned each time, which PgBouncer in transaction
// mode needs. It never reconnects by itself: a second backend behind one object would have lost
// what was prepared.
//
// Used by database.cpp only. Runs in workers. Failures are those of answer.h.

#include <span>
#include <vector>

#include "db/answer.h"
#include "db/database.h"
#include "db/deadline.h"
#include "db/servers.h"

namespace latchkey::db {

class Database::Connection {
 public:
  // `servers` and `deadline` are not used after the constructor.
  Connection(Servers& servers, bool prepared, const Deadline& deadline)
      : handle_(servers.open(deadline)), prepared_(prepared) {}

  // Whether the server has closed the connection or said something while nothing was asked. What
  // is not sent on a stale connection certainly did not happen.
  [[nodiscard]] bool is_stale() const;

  // Of whom has accepted the connection. A pooler makes one up.
  [[nodiscard]] int backend_pid() const { return PQbackendPID(handle_.get()); }

  // Does nothing for a statement that is prepared already, or shall not be.
  void prepare(const Statement& statement, const Deadline& deadline);
  Result execute(const Statement& statement, std::span<const Parameter> parameters,
                 const Deadline& deadline);

 private:
  Handle handle_;
  bool prepared_;
  std::vector<const char*> prepared_names_;
};

}  // namespace latchkey::db
