// SPDX-License-Identifier: Apache-2.0
#pragma once

// FastCGI (version 1) over libfcgi: from a connection of nginx to a Request, from a Response back.
//
// The listening socket does not block, since every worker of the pool polls it: a connection that
// another worker has taken is an answer. The connection is accepted here and handed to libfcgi,
// whose own accept waits and retries in ways that a worker that must notice SIGTERM cannot use.
//
// A connection that nginx asks to keep (FCGI_KEEP_CONN) stays open when its request is answered,
// for the next one. The worker polls it with the listening socket, so no worker is tied to a
// connection as libfcgi's own loop would be: a client that says nothing costs a descriptor and some
// hundred bytes, and every connection that speaks is served in its turn.
//
// FCGX_Init installs handlers for SIGPIPE, SIGUSR1 and SIGTERM. Make the worker's SignalInbox
// first: the last two are blocked then, and run_worker ignores SIGPIPE again.
//
// Runs in workers. The peer is nginx, and whoever may open the socket is inside the trust
// boundary; what breaks the protocol is dropped without an answer.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <poll.h>
#include <span>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace latchkey::http {

using Answer = std::function<Response(Request&)>;

// More connections than this are not kept: the request is answered, and its connection closed.
inline constexpr std::size_t kMaxKeptConnections = 256;

enum class Served {
  kAnswered,
  kNothing,  // no connection was waiting, or the kept one has ended
  kDropped,  // a connection that did not hold a whole request
  kFailed,   // this process could not take one: out of descriptors or memory
};

class FastCgi {
 public:
  // `listening_socket` stays the caller's. nginx sends a request in one go: a peer that stops
  // halfway gives the worker back after `receive_timeout_ms`.
  FastCgi(int listening_socket, std::int64_t receive_timeout_ms);
  FastCgi(const FastCgi&) = delete;
  FastCgi& operator=(const FastCgi&) = delete;
  ~FastCgi();

  // Takes at most one connection and answers its first request.
  Served serve_one(const Answer& answer);

  // The kept connections; those that have waited longest come first. Valid until the next call that
  // serves.
  [[nodiscard]] std::span<const pollfd> kept() const { return kept_; }

  // The worker will be long with what it has in hand: ends the kept connections, so that nginx
  // sends what waits there, or comes, to other workers. Async-signal-safe, within `answer` and
  // while nothing is served.
  void let_go_of_kept() const;

  // Answers the next request of one of them, as poll(2) has found it; closes it when it has ended.
  Served serve_kept(const pollfd& ready, const Answer& answer);

 private:
  class Connection;

  Served serve(std::unique_ptr<Connection> connection, const Answer& answer);
  void keep(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> take_kept(int socket);

  int listening_socket_;
  std::int64_t receive_timeout_ms_;
  std::unique_ptr<Connection> spare_;  // closed, to be used again
  // In the same order.
  std::vector<pollfd> kept_;
  std::vector<std::unique_ptr<Connection>> kept_connections_;
};

}  // namespace latchkey::http
