// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where there is no systemd: starts the workers of all pools, replaces those that die, and stops
// them, by the contract in contract.h. What to do is policy.h's; this is the mechanism.
//
//   SIGTERM, SIGINT   drain: workers finish their requests; who exceeds the bound is killed
//   SIGQUIT           stop at once: every worker is killed
//   SIGHUP            rolling restart with the program and the settings of now, unless the trial
//                     or `reload` has a reason against it
//   SIGTTIN, SIGTTOU  one worker more or fewer in the first pool
//
// Descriptors it makes are close-on-exec. In the runtime directory it holds supervisor.lock and
// notify.sock, and it makes the pools' sockets where their paths say; all but the lock are removed
// when it begins to drain or leaves. It does not wake unless something happens or is due.
//
// A worker that gives no sign of life for the silence bound is killed and replaced. Signs of life
// wait in notify.sock while the supervisor is kept from running (halted, starved, waiting for its
// log), but only a few. So where one has waited for long, others may have been lost, and it begins
// to count anew for everybody.
//
// Runs in the supervisor, alone in its process: it reaps every child there is. Nothing a worker
// does is an error of it. What keeps it from starting is thrown: std::system_error (a socket, the
// directory), std::runtime_error (another supervisor holds the directory), std::invalid_argument
// (options that no caller should pass).

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "process/listen_socket.h"
#include "process/notify.h"
#include "process/notify_socket.h"
#include "process/policy.h"
#include "process/roster.h"
#include "process/runtime_lock.h"
#include "process/signals.h"
#include "process/supervisor_log.h"
#include "process/supervisor_options.h"
#include "process/trial.h"

namespace latchkey::process {

class Supervisor {
 public:
  // Takes the directory, the sockets and the signals over.
  Supervisor(SupervisorOptions options, const base::Clock& clock);

  // Until a signal ends it; gives the exit code.
  int run();

 private:
  void carry_out_what_is_due();
  void perform(const Action& action);
  void start(Place place);
  void wait();
  void read_signals();
  void handle(int signal);
  void shut_down(Phase phase, const char* signal);
  void try_to_roll();
  void finish_trial(const ChildExit& exit);
  void roll();
  void resize(bool more);
  void read_notifications();
  void reap();
  void tell_progress();

  SupervisorOptions options_;
  const base::Clock& clock_;
  SupervisorLog log_;
  base::Descriptor null_;  // before what opens descriptors: see open_null
  SignalInbox signals_;
  RuntimeLock lock_;
  NotifySocket notify_socket_;
  std::vector<ListenSocket> sockets_;  // one for each pool, in their order
  Roster roster_;
  Watchdog watchdog_;
  std::optional<std::int64_t> wake_at_ms_;
  bool is_ready_ = false;
  bool is_rolling_ = false;
  std::optional<Trial> trial_;
  bool tries_again_ = false;  // SIGHUP came while a trial was under way
};

}  // namespace latchkey::process
