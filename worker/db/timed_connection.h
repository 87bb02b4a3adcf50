// SPDX-License-Identifier: Apache-2.0
#pragma once

// A connection of libpqxx that Servers opens, within a deadline.
//
// libpq's own connect_timeout counts whole seconds, at least two, for each host; a request has
// less. So servers.cpp starts the connection asynchronously and polls it; libpqxx asks a policy
// object for its handle, which is where this fits in.
//
// The connection never reconnects by itself, as libpqxx 6 would: a second backend behind one
// object would silently lose its session state. A broken one is thrown away (connection.cpp).
//
// Used by database.cpp only. Runs in workers.

#include <pqxx/connection_base>
#include <pqxx/connectionpolicy>

#include "db/deadline.h"
#include "db/servers.h"

namespace latchkey::db {

class TimedConnectPolicy : public pqxx::connectionpolicy {
 public:
  TimedConnectPolicy(Servers& servers, const Deadline& deadline)
      : pqxx::connectionpolicy(""), servers_(servers), deadline_(deadline) {}

  handle do_startconnect(handle original) override;

 private:
  Servers& servers_;
  const Deadline& deadline_;
};

class TimedConnection : public pqxx::connection_base {
 public:
  // Throws pqxx::broken_connection when no server can be used or the deadline passes. `servers` and
  // `deadline` are not used after the constructor.
  TimedConnection(Servers& servers, const Deadline& deadline);
  TimedConnection(const TimedConnection&) = delete;
  TimedConnection& operator=(const TimedConnection&) = delete;
  ~TimedConnection() noexcept;

 private:
  TimedConnectPolicy policy_;
};

}  // namespace latchkey::db
