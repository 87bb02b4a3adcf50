// SPDX-License-Identifier: Apache-2.0
#include "process/worker_loop.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <system_error>
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
             SignalInbox& signals, WorkerCallbacks& callbacks)
      : options_(options),
        max_requests_(max_requests),
        clock_(clock),
        signals_(signals),
        callbacks_(callbacks),
        watchdog_(clock.monotonic_ms()),
        idle_since_ms_(clock.monotonic_ms()) {}

  int run() {
    notify_ready();
    while (!exit_code_) {
      wait();
      watchdog_.keep_alive(clock_.monotonic_ms());
      read_signals();
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
    ready_.clear();
    ready_.push_back({signals_.fd(), POLLIN, 0});
    if (!paused_until_ms_) {
      ready_.push_back({options_.listen_fd, POLLIN, 0});
      const std::span<const pollfd> kept = callbacks_.kept_connections();
      ready_.insert(ready_.end(), kept.begin(), kept.end());
    }
    const int timeout_ms =
        poll_timeout(now_ms, {watchdog_.due_ms(), idle_exit_due_ms(), paused_until_ms_});
    if (poll(ready_.data(), ready_.size(), timeout_ms) < 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
      for (pollfd& nothing : ready_) nothing.revents = 0;
    }
  }

  void read_signals() {
    if (ready_.front().revents == 0) return;
    while (const std::optional<int> signal = signals_.next()) {
      if (asks_to_leave(*signal)) leave(LeaveReason::kAsked, "asked to leave");
    }
  }

  // A kept connection and one from the backlog by turns, so that neither kind waits for all of the
  // other. A round that has lasted ends early: signals and the watchdog come first then, and poll
  // finds again what was not served.
  void serve_what_is_ready() {
    if (ready_.size() <= kListening) return;
    const short events = ready_[kListening].revents;
    if ((events & (POLLNVAL | POLLERR | POLLHUP)) != 0)
      leave(LeaveReason::kBroken, "the listening socket is unusable");
    bool has_backlog = (events & POLLIN) != 0;
    const std::int64_t end_ms = clock_.monotonic_ms() + kLongestRoundMs;
    for (std::size_t i = kFirstKept; i < ready_.size() && may_go_on(end_ms); ++i) {
      if (ready_[i].revents == 0) continue;
      account_for(callbacks_.serve_kept(ready_[i]));
      if (has_backlog && may_go_on(end_ms)) has_backlog = serve_backlog();
    }
    if (has_backlog && may_go_on(end_ms)) serve_backlog();
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

  static constexpr std::size_t kListening = 1;
  static constexpr std::size_t kFirstKept = 2;

  const WorkerOptions options_;
  const std::int64_t max_requests_;
  const base::Clock& clock_;
  SignalInbox& signals_;
  WorkerCallbacks& callbacks_;
  const base::Logger log_{"latchkey.process"};
  Watchdog watchdog_;
  std::vector<pollfd> ready_;
  std::int64_t served_ = 0;
  std::int64_t idle_since_ms_;
  std::optional<std::int64_t> paused_until_ms_;
  int failures_in_a_row_ = 0;
  std::optional<int> exit_code_;
};

}  // namespace

int run_worker(const WorkerOptions& options, const base::Clock& clock, base::Random& random,
               SignalInbox& signals, WorkerCallbacks& callbacks) {
  ignore_broken_pipes();
  const std::int64_t max_requests = spread_max_requests(options.max_requests, random);
  return WorkerLoop(options, max_requests, clock, signals, callbacks).run();
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
