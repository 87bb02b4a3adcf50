// SPDX-License-Identifier: Apache-2.0
#include "process/runtime_lock.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::process {
namespace {

constexpr mode_t kDirectoryMode = 0750;
constexpr mode_t kFileMode = 0644;
constexpr const char* kFileName = "/supervisor.lock";

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string owner_in(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = pread(fd, text.data(), text.size() - 1, 0);
  const std::string owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return owner.substr(0, owner.find('\n'));
}

}  // namespace

RuntimeLock::RuntimeLock(const std::string& directory) {
  if (mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) fail("mkdir " + directory);
  const std::string path = directory + kFileName;
  fd_ = base::Descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!fd_) fail("open " + path);
  if (flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail("flock " + path);
    throw std::runtime_error(directory + " is in use by process " + owner_in(fd_.get()));
  }
  const std::string owner = std::to_string(getpid()) + '\n';
  // For people only: the lock holds without it.
  if (ftruncate(fd_.get(), 0) == 0) [[maybe_unused]]
    const ssize_t written = pwrite(fd_.get(), owner.data(), owner.size(), 0);
}

}  // namespace latchkey::process
