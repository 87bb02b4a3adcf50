// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a process tells the one that started it, by sd_notify(3).
//
// Runs in workers and in the supervisor. Without NOTIFY_SOCKET every call does nothing. A message
// that cannot be delivered is not an error: the parent has its own bounds. A sign of life is sent
// without waiting: sd_notify(3) would block on a parent that is halted and reads nothing, and a
// worker must go on serving then.

#include <cstdint>
#include <optional>

namespace latchkey::process {

void notify_ready();
void notify_stopping();

// The signs of life that WATCHDOG_USEC asks for: an idle process wakes for one at half that
// interval; one that is awake anyway sends it when the last is a tenth of the interval old. So the
// parent's patience with a piece of work is at least nine tenths of the interval. Without the
// variable none is ever due, and the process need not wake for it.
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
