// SPDX-License-Identifier: Apache-2.0
#pragma once

// Opens a connection to PostgreSQL within a deadline.
//
// libpq's own connect_timeout counts whole seconds, at least two, for each host; a request has
// less. So the connection is started asynchronously and polled here with what the deadline leaves.
// libpqxx asks a policy object for its handle, which is where this fits in. With several hosts in
// the connection string libpq goes to the next one when a host refuses; one that stays silent uses
// up the deadline. Looking a host name up blocks past it: hostaddr in the string avoids that.
//
// The connection never reconnects by itself, as libpqxx 6 would: a second backend behind one
// object would silently lose its session state. A broken one is thrown away (connection.cpp).
//
// Used by database.cpp only. Runs in workers.

#include <string>

#include <pqxx/connection_base>
#include <pqxx/connectionpolicy>

#include "db/deadline.h"

namespace latchkey::db {

class TimedConnectPolicy : public pqxx::connectionpolicy {
 public:
  TimedConnectPolicy(const std::string& conninfo, const Deadline& deadline)
      : pqxx::connectionpolicy(conninfo), deadline_(deadline) {}

  handle do_startconnect(handle original) override;

 private:
  const Deadline& deadline_;
};

class TimedConnection : public pqxx::connection_base {
 public:
  // Throws pqxx::broken_connection when the server refuses or the deadline passes. `deadline` is
  // not used after the constructor.
  TimedConnection(const std::string& conninfo, const Deadline& deadline);
  TimedConnection(const TimedConnection&) = delete;
  TimedConnection& operator=(const TimedConnection&) = delete;
  ~TimedConnection() noexcept;

 private:
  TimedConnectPolicy policy_;
};

}  // namespace latchkey::db
