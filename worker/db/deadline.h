// SPDX-License-Identifier: Apache-2.0
#pragma once

// The end of a database call, kept by the client.
//
// libpq waits for ever on a socket that stays silent: a server that is stopped, black-holed or cut
// off in mid-answer would hold the worker. Two ways out were weighed: libpq's asynchronous calls
// with our own poll, which would leave nothing of libpqxx in use, and a timer that shuts the
// socket down under libpq, which then reports a lost connection like any other. The timer is the
// smaller: one setitimer(2) before the call and one after it. Connecting has no socket to shut
// down yet; there servers.cpp polls with what is left.
//
// SIGALRM belongs to this file. Its handler calls shutdown(2), which is async-signal-safe, and what
// on_long_wait() was given.
//
// Runs in workers, on their only thread. One deadline at a time.

#include <cstdint>

#include "base/clock.h"

namespace latchkey::db {

class Deadline {
 public:
  Deadline(const base::Clock& clock, std::int64_t timeout_ms)
      : clock_(clock),
        length_ms_(timeout_ms),
        ends_at_ns_(clock.monotonic_ns() + timeout_ms * 1'000'000) {}

  // Milliseconds that remain, at least 0.
  [[nodiscard]] std::int64_t remaining_ms() const;
  [[nodiscard]] bool is_over() const { return remaining_ms() == 0; }
  // Milliseconds from its beginning to its end.
  [[nodiscard]] std::int64_t length_ms() const { return length_ms_; }
  // Milliseconds since its beginning, rounded up; more than its length when it is over.
  [[nodiscard]] std::int64_t elapsed_ms() const;

 private:
  const base::Clock& clock_;
  std::int64_t length_ms_;
  std::int64_t ends_at_ns_;
};

// What a worker does when a call turns out to last: it lets go of those who would wait for it.
// `act` runs in a signal handler, or while connecting, once in each wait that is longer than
// kLongWaitMs; async-signal-safe calls only. To be set before the first call, and for good.
inline constexpr std::int64_t kLongWaitMs = 50;
void on_long_wait(void (*act)(void*), void* context);
// For waits that no SocketTimer sees the end of.
void long_wait_begins();

// While it lives, the socket is shut down when the deadline passes.
class SocketTimer {
 public:
  SocketTimer(int socket, const Deadline& deadline);
  SocketTimer(const SocketTimer&) = delete;
  SocketTimer& operator=(const SocketTimer&) = delete;
  ~SocketTimer();
};

}  // namespace latchkey::db
