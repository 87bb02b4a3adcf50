// SPDX-License-Identifier: Apache-2.0
#pragma once

// FastCGI (version 1) over libfcgi: from a connection of nginx to a Request, from a Response back.
//
// The listening socket does not block, since every worker of the pool polls it: a connection that
// another worker has taken is an answer. The connection is accepted here and handed to libfcgi,
// whose own accept waits and retries in ways that a worker that must notice SIGTERM cannot use.
//
// FCGX_Init installs handlers for SIGPIPE, SIGUSR1 and SIGTERM. Make the worker's SignalInbox
// first: the last two are blocked then, and run_worker ignores SIGPIPE again.
//
// Runs in workers. The peer is nginx, and whoever may open the socket is inside the trust
// boundary; what breaks the protocol is dropped without an answer.

#include <cstdint>
#include <functional>
#include <memory>

#include "http/request.h"
#include "http/response.h"

namespace latchkey::http {

using Answer = std::function<Response(Request&)>;

enum class Served {
  kAnswered,
  kNothing,  // no connection was waiting
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

  // Takes at most one request, answers it and closes its connection.
  Served serve_one(const Answer& answer);

 private:
  struct Connection;

  int listening_socket_;
  std::int64_t receive_timeout_ms_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace latchkey::http
