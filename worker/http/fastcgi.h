// SPDX-License-Identifier: Apache-2.0
#pragma once

// FastCGI (version 1) over libfcgi: from a connection of nginx to a Request, from a Response back.
//
// The listening socket does not block, since every worker of the pool watches it: a connection that
// another worker has taken is an answer. The connection is accepted here and handed to libfcgi,
// whose own accept waits and retries in ways that a worker that must notice SIGTERM cannot use.
//
// A connection that nginx asks to keep (FCGI_KEEP_CONN) stays open when its request is answered,
// for the next one, if this one only read or nginx says that it may be sent again: nginx asks for
// all alike, but what may not must not meet a connection that ends, so nginx keeps none of those,
// and neither do we. The worker
// watches it with the listening socket, so no worker is tied to a connection as libfcgi's own loop
// would be: a client that says nothing costs a descriptor and some hundred bytes, and every
// connection that speaks is served in its turn.
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
#include <unordered_map>

#include "base/epoll.h"
#include "base/processor_wait.h"
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
  // `listening_socket` stays the caller's; connections that are kept are added to `epoll`, where
  // the socket may be watched, too. nginx sends a request in one go: a peer that stops halfway
  // gives the worker back after `receive_timeout_ms`.
  FastCgi(int listening_socket, base::Epoll& epoll, std::int64_t receive_timeout_ms);
  FastCgi(const FastCgi&) = delete;
  FastCgi& operator=(const FastCgi&) = delete;
  ~FastCgi();

  // Takes at most one connection and answers its first request.
  Served serve_one(const Answer& answer);

  [[nodiscard]] std::size_t kept_count() const { return kept_.size(); }

  // The worker will be long with what it has in hand: ends the kept connections, so that nginx
  // sends what waits there, or comes, to other workers. Within `answer`, and while nothing is
  // served.
  void let_go_of_kept() const;

  // Answers the next request of one of them, as `epoll` has found it; closes it when it has ended.
  Served serve_kept(const base::Epoll::Ready& ready, const Answer& answer);

 private:
  class Connection;

  // Leaves the connection open if it is to be kept.
  Served serve(Connection& connection, const Answer& answer);
  void keep(std::unique_ptr<Connection> connection);

  int listening_socket_;
  base::Epoll& epoll_;
  base::ProcessorWait processor_wait_;
  std::int64_t receive_timeout_ms_;
  std::unique_ptr<Connection> spare_;                          // closed, to be used again
  std::unordered_map<int, std::unique_ptr<Connection>> kept_;  // by descriptor
  // The descriptor being served, which let_go_of_kept() leaves alone.
  int in_hand_ = -1;
};

}  // namespace latchkey::http
