// SPDX-License-Identifier: Apache-2.0
#include "process/unix_address.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <system_error>

#include "base/descriptor.h"

namespace latchkey::process {
namespace {

constexpr mode_t kAllPermissions = 0777;

// The umask belongs to the process; there are no threads that could see it changed.
class UmaskScope {
 public:
  explicit UmaskScope(mode_t mask) : previous_(umask(mask)) {}
  UmaskScope(const UmaskScope&) = delete;
  UmaskScope& operator=(const UmaskScope&) = delete;
  ~UmaskScope() { umask(previous_); }

 private:
  mode_t previous_;
};

}  // namespace

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) throw std::system_error(ENOENT, std::generic_category(), "socket path");
  if (path.size() >= sizeof address.sun_path)
    throw std::system_error(ENAMETOOLONG, std::generic_category(), "socket " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

int bind_unix_socket(const std::string& path, int type, mode_t mode) {
  const sockaddr_un address = unix_address(path);
  base::Descriptor fd(socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw std::system_error(errno, std::generic_category(), "socket");
  const UmaskScope mask(kAllPermissions & ~mode);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "bind " + path);
  return fd.release();
}

}  // namespace latchkey::process
