// SPDX-License-Identifier: Apache-2.0
#include "db/deadline.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/socket.h>
#include <sys/time.h>

namespace latchkey::db {
namespace {

// Read by the handler; -1 while no timer is set.
volatile std::sig_atomic_t armed_socket = -1;

// Whether the next alarm says that the wait is long, and not that it is over.
volatile std::sig_atomic_t is_first_alarm = 0;

void (*long_wait_act)(void*) = nullptr;
void* long_wait_context = nullptr;

void on_alarm(int /*signal*/) {
  const int saved_errno = errno;
  if (is_first_alarm != 0) {
    is_first_alarm = 0;
    long_wait_begins();
  } else if (armed_socket >= 0) {
    shutdown(armed_socket, SHUT_RDWR);
  }
  errno = saved_errno;
}

void install_handler_once() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_handler = on_alarm;
    // Whatever system call the alarm meets goes on: only the socket's state changes.
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGALRM, &action, nullptr) == 0;
  }();
  static_cast<void>(installed);
}

timeval as_timeval(std::int64_t milliseconds) {
  return {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
}

// A second time goes off so long after the first; 0 is never.
void set_timer(std::int64_t first_ms, std::int64_t second_ms) {
  const itimerval timer{.it_interval = as_timeval(second_ms), .it_value = as_timeval(first_ms)};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

std::int64_t Deadline::remaining_ms() const {
  // Rounded up: a deadline that is not over has at least a millisecond left.
  return std::max<std::int64_t>(0, (ends_at_ns_ - clock_.monotonic_ns() + 999'999) / 1'000'000);
}

std::int64_t Deadline::elapsed_ms() const {
  return length_ms_ + (clock_.monotonic_ns() - ends_at_ns_ + 999'999) / 1'000'000;
}

void on_long_wait(void (*act)(void*), void* context) {
  long_wait_context = context;
  long_wait_act = act;
}

void long_wait_begins() {
  if (long_wait_act != nullptr) long_wait_act(long_wait_context);
}

SocketTimer::SocketTimer(int socket, const Deadline& deadline) {
  install_handler_once();
  armed_socket = socket;
  // A timer of zero would be none at all.
  const std::int64_t left_ms = std::max<std::int64_t>(1, deadline.remaining_ms());
  is_first_alarm = left_ms > kLongWaitMs ? 1 : 0;
  set_timer(std::min(left_ms, kLongWaitMs), std::max<std::int64_t>(0, left_ms - kLongWaitMs));
}

SocketTimer::~SocketTimer() {
  set_timer(0, 0);
  armed_socket = -1;
}

}  // namespace latchkey::db
