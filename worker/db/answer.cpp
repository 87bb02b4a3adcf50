// SPDX-License-Identifier: Apache-2.0
#include "db/answer.h"

#include <poll.h>
#include <utility>

#include "crypto/tls_session.h"

namespace latchkey::db {
namespace {

constexpr const char* kLost = "the connection was lost";

class Exchange {
 public:
  Exchange(PGconn* handle, const Deadline& deadline)
      : handle_(handle), deadline_(deadline), wait_(deadline) {}

  // A long question does not fit into the socket at once. A server that does not read is perhaps
  // talking, and reads when somebody has listened. What cannot be sent shows in the answer.
  void send() {
    while (PQflush(handle_) == 1) wait_and_read(POLLIN | POLLOUT);
  }

  // To the end, where the server is ready for the next question: an error may follow the rows, as
  // of a transaction that could not be committed.
  Result receive() {
    Result last;
    while (Result next = receive_one()) {
      last = std::move(next);
      if (is_copying(last.get())) break;  // of which libpq tells without an end
    }
    if (PQstatus(handle_) == CONNECTION_BAD) throw LostConnection(kLost);
    return last;
  }

 private:
  static bool is_copying(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
  }

  Result receive_one() {
    while (PQisBusy(handle_) == 1) wait_and_read(POLLIN);
    return Result(PQgetResult(handle_));
  }

  void wait_and_read(short events) {
    if (!holds_unread_bytes() && !wait_.until_ready(PQsocket(handle_), events))
      throw LostConnection(deadline_.is_over() ? "the deadline passed" : kLost);
    if (PQconsumeInput(handle_) != 1) throw LostConnection(kLost);
  }

  [[nodiscard]] bool holds_unread_bytes() const {
    void* const session = PQsslStruct(handle_, "OpenSSL");
    return session != nullptr && crypto::holds_unread_bytes(session);
  }

  PGconn* handle_;
  const Deadline& deadline_;
  Wait wait_;
};

}  // namespace

void ClearResult::operator()(pg_result* result) const { PQclear(result); }

Result answer_to(int queued, PGconn* handle, const Deadline& deadline) {
  if (queued != 1) {
    if (PQstatus(handle) == CONNECTION_BAD) throw LostConnection(kLost);
    throw std::runtime_error("libpq could not send");  // no memory
  }
  Exchange exchange(handle, deadline);
  exchange.send();
  Result answer = exchange.receive();
  switch (PQresultStatus(answer.get())) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
      return answer;
    case PGRES_FATAL_ERROR:
      if (const char* const sqlstate = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE))
        throw Refusal(sqlstate);
      [[fallthrough]];  // libpq's own: no memory, or nonsense from the server
    default:
      throw std::runtime_error("an answer that libpq cannot use");
  }
}

}  // namespace latchkey::db
