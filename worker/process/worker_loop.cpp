// SPDX-License-Identifier: Apache-2.0
#include "process/worker_loop.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <poll.h>
#include <span>
#include <vector>

#include "base/log.h"
#include "process/contract.h"
#include "process/memory_bound.h"
#include "process/notify.h"
#include "process/poll_timeout.h"

namespace latchkey::process {
namespace {

constexpr std::int64_t kSpreadDivisor = 10;
constexpr std::int64_t kLongestRoundMs = 20;
constexpr std::int64_t kLookAgainMs = 1000;

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
    if (epoll_.add(signals_.fd()) && epoll_.add_for_one(options_.listen_fd)) {
      notify_ready();
    } else {
      leave(LeaveReason::kBroken, "the listening socket cannot be watched");
    }
    while (!exit_code_) {
      wait();
      watchdog_.keep_alive(clock_.monotonic_ms());
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
    put_left_over_first();
  }

  // Those that the last round did not come to, in their order: the kernel tells them in the order
  // of then, and whoever speaks again at once would be served again and again.
  void put_left_over_first() {
    auto next = ready_.begin();
    for (const int fd : left_over_) {
      const auto found = std::ranges::find(next, ready_.end(), fd, &base::Epoll::Ready::fd);
      if (found != ready_.end()) next = std::rotate(next, found, found + 1);
    }
    left_over_.clear();
  }

  // Nobody's connection wakes a worker that cannot serve it.
  std::span<base::Epoll::Ready> rest(int timeout_ms) {
    pollfd signals{.fd = signals_.fd(), .events = POLLIN, .revents = 0};
    if (poll(&signals, 1, timeout_ms) != 1) return {};
    signal_alone_ = {.fd = signals_.fd()};
    return {&signal_alone_, 1};
  }

  // What this worker was woken for comes first, before a signal too, since no other one was. Then a
  // kept connection and one from the backlog by turns, so that neither kind waits for all of the
  // other. A round that has lasted ends early, but not before a kept connection was served: nobody
  // else can.
  void serve_what_is_ready() {
    const std::int64_t begin_ms = clock_.monotonic_ms();
    const std::int64_t end_ms = begin_ms + kLongestRoundMs;
    bool has_backlog = may_look(begin_ms) && serve_backlog();
    if (is_ready(signals_.fd())) read_signals();
    bool is_owed_one = true;
    for (std::size_t i = 0; i < ready_.size(); ++i) {
      if (ready_[i].fd == signals_.fd() || ready_[i].fd == options_.listen_fd) continue;
      const bool has_time = clock_.monotonic_ms() < end_ms;
      if (!may_go_on() || (!has_time && !is_owed_one)) {
        leave_over(i);
        break;
      }
      const Served outcome = callbacks_.serve_kept(ready_[i]);
      account_for(outcome);
      if (outcome == Served::kServed) is_owed_one = false;
      if (has_backlog && may_go_on() && clock_.monotonic_ms() < end_ms)
        has_backlog = serve_backlog();
    }
    // Before it sleeps: whoever was asked to leave during a long request takes no other.
    if (clock_.monotonic_ms() >= end_ms) read_signals();
  }

  // Was this worker woken for the backlog, or is it time to look? Another one that was may have
  // been killed before it accepted.
  bool may_look(std::int64_t now_ms) {
    if (paused_until_ms_) return false;
    for (const base::Epoll::Ready& ready : ready_) {
      if (ready.fd != options_.listen_fd) continue;
      if (ready.has_ended) leave(LeaveReason::kBroken, "the listening socket is unusable");
      return !ready.has_ended;
    }
    return ready_.empty() || now_ms - looked_ms_ >= kLookAgainMs;
  }

  [[nodiscard]] bool is_ready(int fd) const {
    return std::ranges::find(ready_, fd, &base::Epoll::Ready::fd) != ready_.end();
  }

  void leave_over(std::size_t first) {
    for (const base::Epoll::Ready& ready : ready_.subspan(first)) left_over_.push_back(ready.fd);
  }

  void read_signals() {
    while (const std::optional<int> signal = signals_.next()) {
      if (asks_to_leave(*signal)) leave(LeaveReason::kAsked, "asked to leave");
    }
  }

  // Whether there may be more of it.
  bool serve_backlog() {
    looked_ms_ = clock_.monotonic_ms();
    const Served outcome = callbacks_.serve_one();
    account_for(outcome);
    return outcome == Served::kServed;
  }

  [[nodiscard]] bool may_go_on() const { return !exit_code_ && !paused_until_ms_; }

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
  std::span<base::Epoll::Ready> ready_;
  base::Epoll::Ready signal_alone_;
  std::vector<int> left_over_;  // kept connections that the last round did not come to
  std::int64_t looked_ms_ = 0;  // into the backlog
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
