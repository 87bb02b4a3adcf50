// SPDX-License-Identifier: Apache-2.0
#include "process/notify_socket.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "process/unix_address.h"

namespace latchkey::process {
namespace {

constexpr mode_t kMode = 0600;
constexpr std::size_t kLongestMessage = 4096;  // systemd's own bound

bool has_line(std::string_view text, std::string_view line) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (text.substr(0, end) == line) return true;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return false;
}

// What the kernel says of a datagram.
struct Envelope {
  pid_t sender = 0;
  timeval sent_at{};
};

Envelope envelope_of(msghdr& message) {
  Envelope envelope;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials{};
      std::memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
      envelope.sender = credentials.pid;
    } else if (part->cmsg_type == SCM_TIMESTAMP) {
      std::memcpy(&envelope.sent_at, CMSG_DATA(part), sizeof envelope.sent_at);
    }
  }
  return envelope;
}

// Both on the wall clock, the only one that the kernel stamps with.
std::int64_t since_ms(const timeval& sent_at) {
  timeval now{};
  gettimeofday(&now, nullptr);
  const std::int64_t us =
      (now.tv_sec - sent_at.tv_sec) * std::int64_t{1'000'000} + (now.tv_usec - sent_at.tv_usec);
  return sent_at.tv_sec == 0 || us < 0 ? 0 : us / 1000;
}

}  // namespace

NotifySocket::NotifySocket(std::string path) : path_(std::move(path)) {
  if (unlink(path_.c_str()) != 0 && errno != ENOENT)
    throw std::system_error(errno, std::generic_category(), "unlink " + path_);
  fd_ = base::Descriptor(bind_unix_socket(path_, SOCK_DGRAM, kMode));
  const int on = 1;
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    throw std::system_error(errno, std::generic_category(), "SO_PASSCRED");
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) != 0)
    throw std::system_error(errno, std::generic_category(), "SO_TIMESTAMP");
}

NotifySocket::~NotifySocket() { unlink(path_.c_str()); }

std::optional<Notification> NotifySocket::next() {
  std::array<char, kLongestMessage> text;
  // Room for what the kernel says and nothing else: descriptors that are sent along are closed by
  // it.
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(timeval))>
      control;
  iovec part{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return std::nullopt;
  const std::string_view received(text.data(), static_cast<std::size_t>(size));
  const Envelope envelope = envelope_of(message);
  return Notification{.sender = envelope.sender,
                      .ready = has_line(received, "READY=1"),
                      .stopping = has_line(received, "STOPPING=1"),
                      .alive = has_line(received, "WATCHDOG=1"),
                      .waited_ms = since_ms(envelope.sent_at)};
}

}  // namespace latchkey::process
