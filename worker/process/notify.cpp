// SPDX-License-Identifier: Apache-2.0
#include "process/notify.h"

#include <algorithm>

#include <systemd/sd-daemon.h>

namespace latchkey::process {
namespace {

constexpr std::uint64_t kMicrosecondsPerHalfMillisecond = 2000;

}  // namespace

void notify_ready() { sd_notify(0, "READY=1"); }

void notify_stopping() { sd_notify(0, "STOPPING=1"); }

Watchdog::Watchdog(std::int64_t now_ms) {
  std::uint64_t timeout_us = 0;
  if (sd_watchdog_enabled(0, &timeout_us) <= 0) return;
  const auto half_ms = static_cast<std::int64_t>(timeout_us / kMicrosecondsPerHalfMillisecond);
  interval_ms_ = std::max<std::int64_t>(half_ms, 1);
  due_ms_ = now_ms + interval_ms_;
}

std::optional<std::int64_t> Watchdog::due_ms() const {
  if (interval_ms_ == 0) return std::nullopt;
  return due_ms_;
}

void Watchdog::keep_alive(std::int64_t now_ms) {
  if (interval_ms_ == 0 || now_ms < due_ms_) return;
  sd_notify(0, "WATCHDOG=1");
  due_ms_ = now_ms + interval_ms_;
}

}  // namespace latchkey::process
