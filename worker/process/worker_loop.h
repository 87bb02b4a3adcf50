// SPDX-License-Identifier: Apache-2.0
#pragma once

// The life of a worker: wait for work, have one piece of it done, look up, until it is time to go.
//
// The loop knows when to work and when to leave; what the work is, the callbacks know. It leaves
//   with kExitDone    when a signal asks for it, and after `max_requests` (give or take a tenth, so
//                     that workers started together are not recycled together);
//   with kExitIdle    after `idle_exit_ms` without a request: with socket activation the next
//                     request starts a worker again, so this one is not to be replaced now;
//   with kExitBroken  after kFailuresInARow failures to serve, when the listening socket is
//                     unusable, or when memory ran out: a fresh process may do better.
// Whatever asks it to leave, the request in hand is finished first.
//
// Connections that are kept between requests are watched with the listening socket, and served by
// turns with those of the backlog: no client waits for all of the others.
//
// An idle loop does not wake at all, unless a watchdog or an idle time asks for it. One idle worker
// wakes for a connection, the one that has watched for longest: 64 workers do not get up for each.
// What a worker was woken for is not left behind: it is served first, also when a signal asks the
// worker to leave in the same moment. Where it is killed before that, the worker that replaces it
// finds the connection, or any that is awake a second later, or wakes for its watchdog.
//
// Runs in the worker. Exceptions of the callbacks pass through: they end the worker.

#include <cstdint>

#include "base/clock.h"
#include "base/epoll.h"
#include "base/random.h"
#include "process/signals.h"

namespace latchkey::process {

// So many failures, with a pause before each further attempt, are no accident.
inline constexpr int kFailuresInARow = 20;
inline constexpr std::int64_t kFailurePauseMs = 50;

struct WorkerOptions {
  int listen_fd = -1;
  std::int64_t max_requests = 0;  // 0: never recycled
  std::int64_t idle_exit_ms = 0;  // 0: never leaves for want of work
};

enum class Served {
  kServed,   // a request was answered, well or badly
  kNothing,  // nothing to do after all: another worker was faster, or the peer has gone
  kFailed,   // this worker could not do it: out of descriptors, out of memory
};

enum class LeaveReason { kAsked, kRecycled, kIdle, kBroken };

class WorkerCallbacks {
 public:
  WorkerCallbacks() = default;
  WorkerCallbacks(const WorkerCallbacks&) = delete;
  WorkerCallbacks& operator=(const WorkerCallbacks&) = delete;
  virtual ~WorkerCallbacks() = default;

  // The listening socket may have a connection: accept without blocking, serve at most one request.
  virtual Served serve_one() = 0;

  // A descriptor that the callbacks have added to the loop's Epoll, a connection that is kept
  // between requests, has something to say: serve at most one request.
  virtual Served serve_kept(const base::Epoll::Ready& /*ready*/) { return Served::kNothing; }

  // The loop has decided to leave; the request in hand is served already.
  virtual void leaving(LeaveReason /*reason*/) {}
};

// Gives the exit code. To be called after FCGX_Init, with the inbox of worker_signals() made
// before it. `options.listen_fd` must be non-blocking.
int run_worker(const WorkerOptions& options, const base::Clock& clock, base::Random& random,
               SignalInbox& signals, base::Epoll& epoll, WorkerCallbacks& callbacks);

// `max_requests` give or take a tenth; 0 stays 0.
std::int64_t spread_max_requests(std::int64_t max_requests, base::Random& random);

}  // namespace latchkey::process
