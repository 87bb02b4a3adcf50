// SPDX-License-Identifier: Apache-2.0
#include "process/notify_socket.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
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

pid_t sender_of(msghdr& message) {
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS)
    return 0;
  ucred credentials{};
  std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
  return credentials.pid;
}

}  // namespace

NotifySocket::NotifySocket(std::string path) : path_(std::move(path)) {
  if (unlink(path_.c_str()) != 0 && errno != ENOENT)
    throw std::system_error(errno, std::generic_category(), "unlink " + path_);
  fd_ = base::Descriptor(bind_unix_socket(path_, SOCK_DGRAM, kMode));
  const int on = 1;
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    throw std::system_error(errno, std::generic_category(), "SO_PASSCRED");
}

NotifySocket::~NotifySocket() { unlink(path_.c_str()); }

std::optional<Notification> NotifySocket::next() {
  std::array<char, kLongestMessage> text;
  // Room for the credentials and nothing else: descriptors that are sent along are closed by the
  // kernel.
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control;
  iovec part{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return std::nullopt;
  const std::string_view received(text.data(), static_cast<std::size_t>(size));
  return Notification{sender_of(message), has_line(received, "READY=1"),
                      has_line(received, "STOPPING=1"), has_line(received, "WATCHDOG=1")};
}

}  // namespace latchkey::process
