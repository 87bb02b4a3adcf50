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

void on_alarm(int /*signal*/) {
  const int saved_errno = errno;
  if (armed_socket >= 0) shutdown(armed_socket, SHUT_RDWR);
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

void set_timer(std::int64_t milliseconds) {
  itimerval timer{};
  timer.it_value.tv_sec = milliseconds / 1000;
  timer.it_value.tv_usec = milliseconds % 1000 * 1000;
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

SocketTimer::SocketTimer(int socket, const Deadline& deadline) {
  install_handler_once();
  armed_socket = socket;
  // A timer of zero would be none at all.
  set_timer(std::max<std::int64_t>(1, deadline.remaining_ms()));
}

SocketTimer::~SocketTimer() {
  set_timer(0);
  armed_socket = -1;
}

}  // namespace latchkey::db
