// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a process tells the one that started it, by the protocol of sd_notify(3): a datagram to the
// socket that NOTIFY_SOCKET names. libsystemd's own call would bring eight libraries along, some of
// them for compression, into a process that needs none of it.
//
// Runs in workers and in the supervisor. Without NOTIFY_SOCKET every call does nothing. A message
// that cannot be delivered is not an error: the parent has its own bounds. A sign of life is sent
// without waiting: it would block on a parent that is halted and reads nothing, and a worker must
// go on serving then. The two others wait, since the parent acts on them.

#include <cstdint>
#include <optional>

namespace latchkey::process {

void notify_ready();
void notify_stopping();

// The signs of life that WATCHDOG_USEC asks for: an idle process wakes for one at half that
// interval; one that is awake anyway sends it when the last is a tenth of the interval old. So the
// parent's patience with a piece of work is at least nine tenths of the interval. Without the
// variable, or with the id of another process in WATCHDOG_PID, none is ever due, and the process
// need not wake for it. A variable that is no number is the parent's fault: std::system_error.
class Watchdog {
 public:
  explicit Watchdog(std::int64_t now_ms);

  [[nodiscard]] std::optional<std::int64_t> due_ms() const;
  // To be called whenever the process is awake, before it begins a piece of work.
  void keep_alive(std::int64_t now_ms);

 private:
  [[nodiscard]] std::int64_t wake_after_ms() const;

  std::int64_t interval_ms_ = 0;  // 0: not asked for
  std::int64_t sent_ms_;
};

}  // namespace latchkey::process
