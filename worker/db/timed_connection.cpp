// SPDX-License-Identifier: Apache-2.0
#include "db/timed_connection.h"

#include <array>
#include <cerrno>
#include <libpq-fe.h>
#include <memory>
#include <new>
#include <poll.h>
#include <string>
#include <string_view>

#include <pqxx/except>

namespace latchkey::db {
namespace {

struct FinishHandle {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, FinishHandle>;

// libpq's own words, as far as they are about the server. Words about the connection string quote
// it, and may quote the password: one with a '/' in it is read as a port.
std::string words_of(const PGconn* handle) {
  const std::string_view text = PQerrorMessage(handle);
  const bool is_about_the_server =
      text.starts_with("connection to server") || text.starts_with("could not ");
  return std::string(is_about_the_server ? text : "libpq cannot use the connection string");
}

// Whether the socket became ready before the deadline.
bool wait_for(int socket, short events, const Deadline& deadline) {
  pollfd entry{socket, events, 0};
  while (!deadline.is_over()) {
    const int ready = poll(&entry, 1, static_cast<int>(deadline.remaining_ms()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

void complete(PGconn* handle, const Deadline& deadline) {
  // As libpq asks for it: act as if the first poll had said "writing".
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for(PQsocket(handle), events, deadline)) {
      throw pqxx::broken_connection("connecting took too long");
    }
    status = PQconnectPoll(handle);
    if (status == PGRES_POLLING_FAILED) throw pqxx::broken_connection(words_of(handle));
  }
}

// libpq would print notices on standard error, where every line is ours and is JSON; what the
// server says in one may quote data.
void drop_notice(void* /*context*/, const char* /*message*/) {}

}  // namespace

pqxx::connectionpolicy::handle TimedConnectPolicy::do_startconnect(handle original) {
  if (original != nullptr) return original;
  // What the connection string says of these goes first, except that text is always UTF-8.
  const std::array names{"fallback_application_name", "dbname", "client_encoding",
                         static_cast<const char*>(nullptr)};
  const std::array values{"latchkey", options().c_str(), "UTF8", static_cast<const char*>(nullptr)};
  constexpr int kExpandDbname = 1;  // dbname holds a whole connection string
  Handle backend(PQconnectStartParams(names.data(), values.data(), kExpandDbname));
  if (backend == nullptr) throw std::bad_alloc();
  if (PQstatus(backend.get()) == CONNECTION_BAD) {
    throw pqxx::broken_connection(words_of(backend.get()));
  }
  PQsetNoticeProcessor(backend.get(), drop_notice, nullptr);
  complete(backend.get(), deadline_);
  return backend.release();
}

TimedConnection::TimedConnection(const std::string& conninfo, const Deadline& deadline)
    : pqxx::connection_base(policy_), policy_(conninfo, deadline) {
  init();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  // Deprecated because libpqxx 7 never reconnects at all.
  inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

TimedConnection::~TimedConnection() noexcept { close(); }

}  // namespace latchkey::db
