// SPDX-License-Identifier: Apache-2.0
#include "process/supervisor.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>
#include <poll.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/invariant.h"
#include "base/null_device.h"
#include "process/contract.h"
#include "process/poll_timeout.h"
#include "process/spawn.h"

namespace latchkey::process {
namespace {

// How long a sign of life may wait for us before we were away: a part of the shortest bound there
// is, and more than a busy machine makes of a moment.
constexpr std::int64_t kAbsenceMs = 100;

SignalInbox supervisor_signals() {
  ignore_broken_pipes();
  // Ignored by the parent, it would make the kernel reap our children before we can.
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &by_default, nullptr);
  return SignalInbox({SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGTTIN, SIGTTOU, SIGCHLD});
}

// The child is not reaped yet, so its process id is still its own.
void send_signal(const Child& child, int signal) {
  base::require(child.pid > 0, "a signal to nobody");  // 0 would be the whole process group
  kill(child.pid, signal);
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options, const base::Clock& clock)
    : options_(checked(std::move(options))),
      clock_(clock),
      log_(names_of(options_.pools)),
      null_(base::open_null()),
      signals_(supervisor_signals()),
      lock_(options_.runtime_dir),
      notify_socket_(std::filesystem::absolute(options_.runtime_dir) / "notify.sock"),
      roster_(roster_for(options_, clock.monotonic_ms())),
      watchdog_(clock.monotonic_ms()) {
  for (const PoolOptions& pool : options_.pools) sockets_.emplace_back(pool.socket_path);
}

int Supervisor::run() {
  log_.begun(roster_);
  for (;;) {
    carry_out_what_is_due();
    tell_progress();
    if (roster_.phase != Phase::kRunning && is_deserted(roster_)) break;
    wait();
    read_signals();        // before the deaths that they may have caused
    read_notifications();  // before the senders are forgotten
    reap();
  }
  log_.ended();
  return kExitDone;
}

void Supervisor::carry_out_what_is_due() {
  for (;;) {
    const Decision decision = decide(roster_, clock_.monotonic_ms());
    wake_at_ms_ = decision.wake_at_ms;
    if (decision.actions.empty()) return;
    for (const Action& action : decision.actions) perform(action);
  }
}

void Supervisor::perform(const Action& action) {
  const std::int64_t now_ms = clock_.monotonic_ms();
  const Child& child = child_at(roster_, action.place);
  switch (action.kind) {
    case Action::Kind::kStart:
      return start(action.place);
    case Action::Kind::kHandOver:
      return record_handover(roster_, action.place, now_ms);
    case Action::Kind::kTellToLeave:
      send_signal(child, SIGTERM);
      return record_leave_order(roster_, action.place, now_ms);
    case Action::Kind::kKill:
      log_.killed(roster_.phase, action.place, child);
      send_signal(child, SIGKILL);
      return record_kill(roster_, action.place, now_ms);
  }
}

void Supervisor::start(Place place) {
  const PoolOptions& pool = options_.pools[place.pool];
  SpawnRequest request{pool.command,
                       pool.name,
                       sockets_[place.pool].fd(),
                       null_.get(),
                       notify_socket_.path(),
                       roster_.bounds.silence_ms,
                       options_.environment};
  request.command.emplace_back("--slot");
  request.command.push_back(std::to_string(place.slot + 1));
  try {
    const pid_t pid = spawn(request);
    record_start(roster_, place, pid, clock_.monotonic_ms());
    log_.started(place, pid);
  } catch (const std::system_error& error) {
    const std::int64_t now_ms = clock_.monotonic_ms();
    record_start_failure(roster_, place, now_ms);
    log_.start_failed(place, roster_.pools[place.pool].slots[place.slot], error.what(), now_ms);
  }
}

void Supervisor::wait() {
  std::array<pollfd, 3> sources{{{signals_.fd(), POLLIN, 0},
                                 {notify_socket_.fd(), POLLIN, 0},
                                 {trial_ ? trial_->fd() : -1, POLLIN, 0}}};
  const std::int64_t now_ms = clock_.monotonic_ms();
  const int timeout_ms = poll_timeout(
      now_ms, {wake_at_ms_, watchdog_.due_ms(), trial_ ? trial_->ends_at_ms() : std::nullopt});
  if (poll(sources.data(), sources.size(), timeout_ms) < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "poll");
  const std::int64_t woken_ms = clock_.monotonic_ms();
  watchdog_.keep_alive(woken_ms);
  if (!trial_) return;
  if (sources[2].revents != 0) trial_->read();
  if (woken_ms >= trial_->ends_at_ms().value_or(woken_ms + 1)) trial_->kill();
}

void Supervisor::read_signals() {
  while (const std::optional<int> signal = signals_.next()) handle(*signal);
}

// clang-format off
void Supervisor::handle(int signal) {
  switch (signal) {
    case SIGTERM: return shut_down(Phase::kDraining, "TERM");
    case SIGINT:  return shut_down(Phase::kDraining, "INT");
    case SIGQUIT: return shut_down(Phase::kKilling, "QUIT");
    case SIGHUP:  return try_to_roll();
    case SIGTTIN: return resize(true);
    case SIGTTOU: return resize(false);
    default:      return;  // SIGCHLD has woken the loop, which reaps
  }
}
// clang-format on

void Supervisor::shut_down(Phase phase, const char* signal) {
  if (roster_.phase >= phase) return;
  if (roster_.phase == Phase::kRunning) notify_stopping();
  log_.shutting_down(phase, signal);
  if (trial_) trial_->kill();
  record_shutdown(roster_, phase);
  // Who connects from now on learns at once that nobody will answer.
  for (ListenSocket& socket : sockets_) socket.close();
}

// The program that is installed now is asked first. It may take its time: everything else goes on.
void Supervisor::try_to_roll() {
  if (roster_.phase != Phase::kRunning) return;
  tries_again_ = trial_.has_value();
  if (trial_) return;
  if (options_.trial.empty()) return roll();
  try {
    trial_.emplace(options_.trial, clock_.monotonic_ms(), options_.environment);
  } catch (const std::system_error& error) {
    log_.roll_refused(error.what());
  }
}

void Supervisor::finish_trial(const ChildExit& exit) {
  const std::optional<std::string> refusal = trial_->refusal(exit);
  trial_.reset();
  if (roster_.phase != Phase::kRunning) return;
  if (std::exchange(tries_again_, false)) return try_to_roll();
  if (refusal) return log_.roll_refused(*refusal);
  roll();
}

void Supervisor::roll() {
  Bounds bounds = roster_.bounds;
  try {
    if (options_.reload) bounds = options_.reload(bounds);
  } catch (const std::exception& reason) {
    return log_.roll_refused(reason.what());
  }
  record_roll(roster_, bounds, clock_.monotonic_ms());
  is_rolling_ = true;
  log_.rolling();
}

void Supervisor::resize(bool more) {
  if (roster_.phase != Phase::kRunning) return;
  const std::size_t pool = 0;
  const bool changed =
      more ? record_more(roster_, pool, clock_.monotonic_ms()) : record_fewer(roster_, pool);
  log_.resized(pool, changed, roster_.pools[pool].wanted);
}

void Supervisor::read_notifications() {
  bool was_away = false;
  while (const std::optional<Notification> notification = notify_socket_.next()) {
    was_away = was_away || notification->waited_ms > kAbsenceMs;
    const std::optional<Place> place = find(roster_, notification->sender);
    if (!place) continue;
    const std::int64_t now_ms = clock_.monotonic_ms();
    if (notification->alive) record_sign_of_life(roster_, *place, now_ms);
    if (!notification->ready) continue;
    const Child& child = child_at(roster_, *place);
    if (child.state == ChildState::kStarting) log_.became_ready(*place, child, now_ms);
    record_ready(roster_, *place, now_ms);
  }
  if (was_away) record_own_absence(roster_, clock_.monotonic_ms());
}

void Supervisor::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (trial_ && pid == trial_->pid()) {
      finish_trial(ChildExit::from_wait_status(status));
      continue;
    }
    const std::optional<Place> place = find(roster_, pid);
    if (!place) continue;  // as process 1 of a container we inherit orphans
    const std::int64_t now_ms = clock_.monotonic_ms();
    const ChildExit exit = ChildExit::from_wait_status(status);
    const Child child = child_at(roster_, *place);
    record_exit(roster_, *place, exit, now_ms);
    log_.exited(roster_.phase, *place, child, roster_.pools[place->pool].slots[place->slot], exit,
                now_ms);
  }
}

void Supervisor::tell_progress() {
  if (!is_ready_ && was_filled(roster_)) {
    is_ready_ = true;
    notify_ready();
    log_.ready();
  }
  if (is_rolling_ && is_rolled(roster_)) {
    is_rolling_ = false;
    log_.rolled();
  }
}

}  // namespace latchkey::process
