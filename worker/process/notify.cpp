// SPDX-License-Identifier: Apache-2.0
#include "process/notify.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "process/environment_number.h"

namespace latchkey::process {
namespace {

constexpr std::int64_t kWakeDivisor = 2;
constexpr std::int64_t kFreshDivisor = 10;

struct Receiver {
  sockaddr_un address{};
  socklen_t size = 0;  // 0: there is none
};

// A path, or an abstract name, whose first byte is written '@'. A path needs a NUL at its end.
Receiver receiver() {
  Receiver receiver;
  const char* const variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view name(variable == nullptr ? "" : variable);
  const bool is_path = name.starts_with('/');
  const std::size_t room = sizeof receiver.address.sun_path - (is_path ? 1 : 0);
  if ((!is_path && !name.starts_with('@')) || name.size() > room) return receiver;
  receiver.address.sun_family = AF_UNIX;
  std::memcpy(receiver.address.sun_path, name.data(), name.size());
  if (!is_path) receiver.address.sun_path[0] = '\0';
  receiver.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_path ? 1 : 0));
  return receiver;
}

// False when the receiver has no room, and the message may not wait: then it was kept from reading
// for a while.
bool tell(std::string_view message, int flags) {
  const Receiver to = receiver();
  if (to.size == 0) return true;
  const base::Descriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return TEMP_FAILURE_RETRY(sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | flags,
                                   reinterpret_cast<const sockaddr*>(&to.address), to.size)) >= 0;
}

}  // namespace

void notify_ready() { tell("READY=1", 0); }

void notify_stopping() { tell("STOPPING=1", 0); }

Watchdog::Watchdog(std::int64_t now_ms) : sent_ms_(now_ms) {
  const auto interval_us = number_in_environment<std::uint64_t>("WATCHDOG_USEC");
  if (!interval_us || *interval_us == 0) return;
  // The variables may have been meant for our parent.
  if (number_in_environment<pid_t>("WATCHDOG_PID").value_or(getpid()) != getpid()) return;
  interval_ms_ = std::max<std::int64_t>(static_cast<std::int64_t>(*interval_us / 1000), 1);
}

std::optional<std::int64_t> Watchdog::due_ms() const {
  if (interval_ms_ == 0) return std::nullopt;
  return sent_ms_ + wake_after_ms();
}

void Watchdog::keep_alive(std::int64_t now_ms) {
  if (interval_ms_ == 0 || now_ms < sent_ms_ + interval_ms_ / kFreshDivisor) return;
  // One that was lost is sent again soon, before the parent's patience is over.
  const std::int64_t soon_ms = std::max<std::int64_t>(interval_ms_ / kFreshDivisor, 1);
  sent_ms_ = tell("WATCHDOG=1", MSG_DONTWAIT) ? now_ms : now_ms - wake_after_ms() + soon_ms;
}

std::int64_t Watchdog::wake_after_ms() const {
  return std::max<std::int64_t>(interval_ms_ / kWakeDivisor, 1);
}

}  // namespace latchkey::process
