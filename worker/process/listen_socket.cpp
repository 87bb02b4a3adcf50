// SPDX-License-Identifier: Apache-2.0
#include "process/listen_socket.h"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "process/unix_address.h"

namespace latchkey::process {
namespace {

constexpr int kBacklog = 511;  // nginx's own; the kernel cuts it to net.core.somaxconn
constexpr mode_t kMode = 0660;
constexpr int kProbePauseMs = 50;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

bool is_answered(const std::string& path) {
  const sockaddr_un address = unix_address(path);
  const base::Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) fail(errno, "socket");
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return true;
  // EAGAIN: somebody listens and the backlog is full. EPROTOTYPE: a socket of another kind.
  return errno != ECONNREFUSED && errno != ENOENT;
}

void make_room(const std::string& path, std::int64_t patience_ms) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) return;
    fail(errno, "socket " + path);
  }
  // connect(2) gives ECONNREFUSED for a plain file too, so look before asking.
  if (!S_ISSOCK(file.st_mode)) fail(ENOTSOCK, "socket " + path);
  for (std::int64_t waited_ms = 0; is_answered(path); waited_ms += kProbePauseMs) {
    if (waited_ms >= patience_ms) fail(EADDRINUSE, "socket " + path);
    poll(nullptr, 0, kProbePauseMs);
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) fail(errno, "unlink " + path);
}

}  // namespace

ListenSocket::ListenSocket(std::string path, std::int64_t patience_ms) : path_(std::move(path)) {
  make_room(path_, patience_ms);
  fd_ = base::Descriptor(bind_unix_socket(path_, SOCK_STREAM, kMode));
  if (listen(fd_.get(), kBacklog) != 0) fail(errno, "listen " + path_);
  struct stat file {};
  if (lstat(path_.c_str(), &file) != 0) fail(errno, "socket " + path_);
  device_ = file.st_dev;
  inode_ = file.st_ino;
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::move(other.fd_)),
      device_(other.device_),
      inode_(other.inode_) {}

void ListenSocket::close() {
  if (!fd_) return;
  struct stat file {};
  const bool is_ours =
      lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_;
  if (is_ours) unlink(path_.c_str());
  fd_.reset();
}

}  // namespace latchkey::process
