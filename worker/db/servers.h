// SPDX-License-Identifier: Apache-2.0
#pragma once

// The servers that DATABASE_URL names: opens a connection to one of them within a deadline.
//
// libpq goes through a list of hosts by itself, but leaves the whole time to one that stays silent,
// since connect_timeout does not count in its asynchronous calls. So each host is connected to by
// itself, with an equal share of what the deadline leaves. The host that answered last goes first,
// so after a failover each worker asks the old primary once more, and the new one from then on.
//
// The connection brings along what the URL does not say itself:
//   options               statement_timeout and lock_timeout, a little below the time of a whole
//                         call, so that a statement which the program gave up is given up by the
//                         server too. PGOPTIONS and the URL's own come after these. Not through a
//                         pooler, which would refuse them: there the role's count
//   target_session_attrs  read-write, if there are several hosts: a standby is passed over
//   application_name      latchkey
// What the URL says goes first, except that text is always UTF-8.
//
// The names of hosts are looked up by the C library, which blocks and has bounds of its own
// (resolv.conf(5)); hostaddr in the URL avoids that.
//
// Used by database.cpp, and by inspection.cpp for each host by itself. Runs in workers and on the
// command line.

#include <cstddef>
#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "db/deadline.h"

namespace latchkey::db {

struct FinishHandle {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, FinishHandle>;

// Keywords of libpq and their values.
using Keywords = std::vector<std::pair<std::string, std::string>>;

struct ServerOptions {
  base::Secret url;
  std::int64_t timeout_ms = 0;  // of a whole call
  bool is_pooled = false;
};

class Servers {
 public:
  // `clock` outlives it.
  Servers(ServerOptions options, const base::Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  // Throws LostConnection, with the words of every host, when none can be used in time.
  Handle open(const Deadline& deadline);

 private:
  ServerOptions options_;
  const base::Clock& clock_;
  std::size_t first_ = 0;  // of the list; the one that answered last
};

// What to connect with, one entry for each host of the connection string. A string that libpq
// cannot read throws LostConnection.
std::vector<Keywords> keywords_per_host(const std::string& conninfo, std::int64_t timeout_ms,
                                        bool is_pooled);

// Connects to the one host that the keywords name; calls on the handle do not block. Throws
// LostConnection, with libpq's words about the server.
Handle open_host(const Keywords& keywords, const Deadline& deadline);

}  // namespace latchkey::db
