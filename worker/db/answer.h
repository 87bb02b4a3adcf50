// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a server answers, waited for until a deadline.
//
// libpq's synchronous calls wait for ever on a socket that stays silent: a server that is stopped,
// black-holed or cut off in mid-answer would hold the worker. So what is asked goes out by libpq's
// asynchronous calls, and the wait is ours: for a short call, one write, one poll(2) and one read.
//
// Used by connection.cpp and inspection.cpp, and for its two exceptions by servers.cpp and
// failure.cpp. Runs in workers and on the command line.

#include <libpq-fe.h>
#include <stdexcept>
#include <string>

#include "db/deadline.h"
#include "db/result.h"

namespace latchkey::db {

// There is no connection, or it broke, or the deadline passed before the answer was whole: what was
// asked may or may not have been done. The connection is of no use any more. The words are ours, or
// libpq's about a server that could not be connected to.
class LostConnection : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The server answered that it did not do it. Its SQLSTATE alone, since its words may quote data.
class Refusal : public std::runtime_error {
 public:
  explicit Refusal(const std::string& sqlstate) : std::runtime_error(sqlstate) {}

  [[nodiscard]] std::string sqlstate() const { return what(); }
};

// The answer to what a PQsend...() has queued; `queued` is what that returned, 1 for yes. `handle`
// does not block (PQsetnonblocking). Rows or "done", never null. Throws LostConnection and Refusal.
Result answer_to(int queued, PGconn* handle, const Deadline& deadline);

}  // namespace latchkey::db
