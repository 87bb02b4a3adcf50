// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a process tells the one that started it, by sd_notify(3).
//
// Runs in workers and in the supervisor. Without NOTIFY_SOCKET every call does nothing. A message
// that cannot be delivered is not an error: the parent has its own bounds.

#include <cstdint>
#include <optional>

namespace latchkey::process {

void notify_ready();
void notify_stopping();

// The keep-alive that WATCHDOG_USEC asks for, sent at half that interval. Without the variable it
// is never due, and the process need not wake for it.
class Watchdog {
 public:
  explicit Watchdog(std::int64_t now_ms);

  [[nodiscard]] std::optional<std::int64_t> due_ms() const;
  // Sends, if it is due.
  void keep_alive(std::int64_t now_ms);

 private:
  std::int64_t interval_ms_ = 0;  // 0: not asked for
  std::int64_t due_ms_ = 0;
};

}  // namespace latchkey::process
