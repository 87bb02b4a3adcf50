// SPDX-License-Identifier: Apache-2.0
#include "process/notify.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

#include <systemd/sd-daemon.h>

#include "base/descriptor.h"
#include "process/unix_address.h"

namespace latchkey::process {
namespace {

constexpr std::int64_t kWakeDivisor = 2;
constexpr std::int64_t kFreshDivisor = 10;

// What sd_notify(3) does with a path or an abstract name ('@'), without waiting for the receiver.
// False when it has no room: then it was kept from reading for a while.
bool send_sign_of_life() {
  constexpr std::string_view kMessage = "WATCHDOG=1";
  const char* const variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view name(variable == nullptr ? "" : variable);
  if (name.empty() || name.size() >= sizeof(sockaddr_un::sun_path)) return true;
  sockaddr_un address = unix_address(std::string(name));
  if (name.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const base::Descriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return sendto(fd.get(), kMessage.data(), kMessage.size(), MSG_NOSIGNAL,
                reinterpret_cast<const sockaddr*>(&address), size) >= 0;
}

}  // namespace

void notify_ready() { sd_notify(0, "READY=1"); }

void notify_stopping() { sd_notify(0, "STOPPING=1"); }

Watchdog::Watchdog(std::int64_t now_ms) : sent_ms_(now_ms) {
  std::uint64_t timeout_us = 0;
  if (sd_watchdog_enabled(0, &timeout_us) <= 0) return;
  interval_ms_ = std::max<std::int64_t>(static_cast<std::int64_t>(timeout_us / 1000), 1);
}

std::optional<std::int64_t> Watchdog::due_ms() const {
  if (interval_ms_ == 0) return std::nullopt;
  return sent_ms_ + wake_after_ms();
}

void Watchdog::keep_alive(std::int64_t now_ms) {
  if (interval_ms_ == 0 || now_ms < sent_ms_ + interval_ms_ / kFreshDivisor) return;
  // One that was lost is sent again soon, before the parent's patience is over.
  const std::int64_t soon_ms = std::max<std::int64_t>(interval_ms_ / kFreshDivisor, 1);
  sent_ms_ = send_sign_of_life() ? now_ms : now_ms - wake_after_ms() + soon_ms;
}

std::int64_t Watchdog::wake_after_ms() const {
  return std::max<std::int64_t>(interval_ms_ / kWakeDivisor, 1);
}

}  // namespace latchkey::process
