// SPDX-License-Identifier: Apache-2.0
#include "process/inherited_sockets.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "process/contract.h"
#include "process/environment_number.h"

namespace latchkey::process {
namespace {

constexpr std::array kVariables{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};

// Whatever becomes of them, nobody else takes them for its own.
class VariablesOnce {
 public:
  VariablesOnce() = default;
  VariablesOnce(const VariablesOnce&) = delete;
  VariablesOnce& operator=(const VariablesOnce&) = delete;
  ~VariablesOnce() {
    for (const char* name : kVariables) unsetenv(name);
  }
};

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

int number_of_sockets() {
  const auto pid = number_in_environment<pid_t>("LISTEN_PID");
  if (!pid || *pid != getpid()) return 0;
  const int count = number_in_environment<int>("LISTEN_FDS").value_or(0);
  if (count < 0) fail(EINVAL, "LISTEN_FDS");
  return count;
}

// One each, or none at all.
std::vector<std::string> names_of(int count) {
  std::vector<std::string> names;
  const char* const variable = std::getenv("LISTEN_FDNAMES");
  if (variable == nullptr) return names;
  std::string_view rest(variable);
  for (;;) {
    const std::size_t end = rest.find(':');
    names.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (names.size() != static_cast<std::size_t>(count)) fail(EINVAL, "LISTEN_FDNAMES");
  return names;
}

bool has_option(int fd, int option, int value) {
  int found = 0;
  socklen_t size = sizeof found;
  return getsockopt(fd, SOL_SOCKET, option, &found, &size) == 0 && found == value;
}

void make_ours(const InheritedSocket& socket) {
  const int fd = socket.fd.get();
  const std::string what = "inherited socket " + socket.name;
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) fail(errno, what);
  if (!has_option(fd, SO_TYPE, SOCK_STREAM) || !has_option(fd, SO_ACCEPTCONN, 1))
    fail(ENOTSOCK, what);
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
    fail(errno, what);
}

}  // namespace

std::vector<InheritedSocket> take_inherited_sockets() {
  const VariablesOnce once;
  std::vector<InheritedSocket> sockets;
  const int count = number_of_sockets();
  if (count == 0) return sockets;
  const std::vector<std::string> names = names_of(count);
  for (int i = 0; i < count; ++i) {
    sockets.push_back({names.empty() ? "unknown" : names[static_cast<std::size_t>(i)],
                       base::Descriptor(kListenFd + i)});
    make_ours(sockets.back());
  }
  return sockets;
}

}  // namespace latchkey::process
