// SPDX-License-Identifier: Apache-2.0
#pragma once

// Signals as something to read between two pieces of work.
//
// The signals of an inbox are blocked from its construction to the end of the process and are
// read from a signalfd(2). So none of these signals has a handler of ours or gives a
// library call EINTR, and a
// busy process learns of a signal as surely as an idle one (ppoll(2) with an open mask delivers
// nothing while a descriptor is ready). Handlers that a library installs for them, as libfcgi does
// for SIGTERM and SIGUSR1, never run.
//
// They stay blocked when the inbox is gone: a second SIGTERM must not turn an orderly exit into a
// death by signal. A child that is to execute another program must unblock them (spawn.cpp does).
//
// Runs in the supervisor and in workers, made first of all, so that no signal finds the process
// half built. Throws std::system_error.

#include <initializer_list>
#include <optional>

#include "base/descriptor.h"

namespace latchkey::process {

class SignalInbox {
 public:
  explicit SignalInbox(std::initializer_list<int> signals);

  // To be polled for reading, not to be read.
  [[nodiscard]] int fd() const { return fd_.get(); }

  // The next signal that has arrived; several of one kind may have become one.
  std::optional<int> next();

 private:
  base::Descriptor fd_;
};

// The inbox of a worker (contract.h).
SignalInbox worker_signals();

// Does a worker leave at this signal?
[[nodiscard]] bool asks_to_leave(int signal);

// A peer that has gone is an error of write(2), not the end of the process. To be repeated after
// FCGX_Init, which may bring its own handler; run_worker does.
void ignore_broken_pipes();

}  // namespace latchkey::process
