// SPDX-License-Identifier: Apache-2.0
#include "db/timed_connection.h"

namespace latchkey::db {

pqxx::connectionpolicy::handle TimedConnectPolicy::do_startconnect(handle original) {
  return original != nullptr ? original : servers_.open(deadline_).release();
}

TimedConnection::TimedConnection(Servers& servers, const Deadline& deadline)
    : pqxx::connection_base(policy_), policy_(servers, deadline) {
  init();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  // Deprecated because libpqxx 7 never reconnects at all.
  inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

TimedConnection::~TimedConnection() noexcept { close(); }

}  // namespace latchkey::db
