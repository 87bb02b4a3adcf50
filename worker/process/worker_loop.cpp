// SPDX-License-Identifier: Apache-2.0
#include "process/worker_loop.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <poll.h>
#include <span>

#include "base/log.h"
#include "process/contract.h"
#include "process/memory_bound.h"
#include "process/notify.h"
#include "process/poll_timeout.h"

namespace latchkey::process {
namespace {

constexpr std::int64_t kSpreadDivisor = 10;
constexpr std::int64_t kLongestRoundMs = 20;

int exit_code_of(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::kAsked:
    case LeaveReason::kRecycled:
      return kExitDone;
    case LeaveReason::kIdle:
      return kExitIdle;
    case LeaveReason::kBroken:
      break;
  }
  return kExitBroken;
}

class WorkerLoop {
 public:
  WorkerLoop(const WorkerOptions& options, std::int64_t max_requests, const base::Clock& clock,
             SignalInbox& signals, base::Epoll& epoll, WorkerCallbacks& callbacks)
      : options_(options),
        max_requests_(max_requests),
        clock_(clock),
        signals_(signals),
        epoll_(epoll),
        callbacks_(callbacks),
        watchdog_(clock.monotonic_ms()),
        idle_since_ms_(clock.monotonic_ms()) {}

  int run() {
    if (!epoll_.add(signals_.fd()) || !epoll_.add_for_one(options_.listen_fd))
      leave(LeaveReason::kBroken, "the listening socket is unusable");
    notify_ready();
    while (!exit_code_) {
      wait();
      watchdog_.keep_alive(clock_.monotonic_ms());
      sort_out();
      serve_what_is_ready();
      leave_if_idle();
    }
    notify_stopping();
    return *exit_code_;
  }

 private:
  void wait() {
    const std::int64_t now_ms = clock_.monotonic_ms();
    if (paused_until_ms_ && now_ms >= *paused_until_ms_) paused_until_ms_.reset();
    const int timeout_ms =
        poll_timeout(now_ms, {watchdog_.due_ms(), idle_exit_due_ms(), paused_until_ms_});
    ready_ = paused_until_ms_ ? rest(timeout_ms) : epoll_.wait(timeout_ms);
  }

  // Nobody's connection wakes a worker that cannot serve it.
  std::span<const base::Epoll::Ready> rest(int timeout_ms) {
    pollfd signals{.fd = signals_.fd(), .events = POLLIN, .revents = 0};
    if (poll(&signals, 1, timeout_ms) != 1) return {};
    signal_alone_ = {.fd = signals_.fd()};
    return {&signal_alone_, 1};
  }

  // Whoever woke for something else, or for nothing, looks into the backlog if it is his turn to:
  // the worker that was woken for what is there may have been killed.
  void sort_out() {
    has_backlog_ = ready_.empty();
    for (const base::Epoll::Ready& ready : ready_) {
      if (ready.fd == signals_.fd()) read_signals();
      if (ready.fd != options_.listen_fd) continue;
      has_backlog_ = true;
      if (ready.has_ended) leave(LeaveReason::kBroken, "the listening socket is unusable");
    }
  }

  void read_signals() {
    while (const std::optional<int> signal = signals_.next()) {
      if (asks_to_leave(*signal)) leave(LeaveReason::kAsked, "asked to leave");
    }
  }

  // What this worker was woken for comes first, since no other one was. Then a kept connection and
  // one from the backlog by turns, so that neither kind waits for all of the other. A round that
  // has lasted ends early: signals and the watchdog come first then, and what was not served is
  // found again.
  void serve_what_is_ready() {
    if (paused_until_ms_) return;
    const std::int64_t end_ms = clock_.monotonic_ms() + kLongestRoundMs;
    bool has_backlog = has_backlog_ && serve_backlog();
    for (const base::Epoll::Ready& ready : ready_) {
      if (ready.fd == signals_.fd() || ready.fd == options_.listen_fd) continue;
      if (!may_go_on(end_ms)) return;
      account_for(callbacks_.serve_kept(ready));
      if (has_backlog && may_go_on(end_ms)) has_backlog = serve_backlog();
    }
  }

  // Whether there may be more of it.
  bool serve_backlog() {
    const Served outcome = callbacks_.serve_one();
    account_for(outcome);
    return outcome == Served::kServed;
  }

  [[nodiscard]] bool may_go_on(std::int64_t end_ms) const {
    return !exit_code_ && !paused_until_ms_ && clock_.monotonic_ms() < end_ms;
  }

  void account_for(Served outcome) {
    if (outcome == Served::kNothing) return;
    const std::int64_t now_ms = clock_.monotonic_ms();
    if (outcome == Served::kFailed) {
      paused_until_ms_ = now_ms + kFailurePauseMs;
      if (++failures_in_a_row_ >= kFailuresInARow)
        leave(LeaveReason::kBroken, "cannot serve any more");
      return;
    }
    failures_in_a_row_ = 0;
    idle_since_ms_ = now_ms;
    ++served_;
    if (memory_ran_out()) leave(LeaveReason::kBroken, "out of memory");
    if (max_requests_ > 0 && served_ >= max_requests_) leave(LeaveReason::kRecycled, "recycled");
  }

  void leave_if_idle() {
    const std::optional<std::int64_t> due_ms = idle_exit_due_ms();
    if (!exit_code_ && due_ms && clock_.monotonic_ms() >= *due_ms)
      leave(LeaveReason::kIdle, "idle");
  }

  [[nodiscard]] std::optional<std::int64_t> idle_exit_due_ms() const {
    if (options_.idle_exit_ms <= 0) return std::nullopt;
    return idle_since_ms_ + options_.idle_exit_ms;
  }

  void leave(LeaveReason reason, std::string_view words) {
    if (exit_code_) return;
    const bool is_broken = reason == LeaveReason::kBroken;
    exit_code_ = exit_code_of(reason);
    log_.log(is_broken ? base::LogLevel::kError : base::LogLevel::kInfo, "worker leaves",
             {{"reason", words}, {"requests", served_}});
    callbacks_.leaving(reason);
  }

  const WorkerOptions options_;
  const std::int64_t max_requests_;
  const base::Clock& clock_;
  SignalInbox& signals_;
  base::Epoll& epoll_;
  WorkerCallbacks& callbacks_;
  const base::Logger log_{"latchkey.process"};
  Watchdog watchdog_;
  std::span<const base::Epoll::Ready> ready_;
  base::Epoll::Ready signal_alone_;
  bool has_backlog_ = false;
  std::int64_t served_ = 0;
  std::int64_t idle_since_ms_;
  std::optional<std::int64_t> paused_until_ms_;
  int failures_in_a_row_ = 0;
  std::optional<int> exit_code_;
};

}  // namespace

int run_worker(const WorkerOptions& options, const base::Clock& clock, base::Random& random,
               SignalInbox& signals, base::Epoll& epoll, WorkerCallbacks& callbacks) {
  ignore_broken_pipes();
  const std::int64_t max_requests = spread_max_requests(options.max_requests, random);
  return WorkerLoop(options, max_requests, clock, signals, epoll, callbacks).run();
}

std::int64_t spread_max_requests(std::int64_t max_requests, base::Random& random) {
  const std::int64_t spread = max_requests / kSpreadDivisor;
  if (spread <= 0) return max_requests;
  std::array<std::byte, sizeof(std::uint64_t)> bytes;
  random.fill(bytes);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  const auto width = static_cast<std::uint64_t>(2 * spread + 1);
  return max_requests - spread + static_cast<std::int64_t>(number % width);
}

}  // namespace latchkey::process
