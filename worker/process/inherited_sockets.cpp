// SPDX-License-Identifier: Apache-2.0
#include "process/inherited_sockets.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <system_error>

#include <systemd/sd-daemon.h>

namespace latchkey::process {
namespace {

// The list and its texts come from malloc(3).
void free_names(char** names) {
  for (char** name = names; name != nullptr && *name != nullptr; ++name) free(*name);
  free(names);
}

void check(int fd, const std::string& name) {
  const int listens = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1);
  if (listens <= 0)
    throw std::system_error(listens < 0 ? -listens : ENOTSOCK, std::generic_category(),
                            "inherited socket " + name);
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
    throw std::system_error(errno, std::generic_category(), "inherited socket " + name);
}

}  // namespace

std::vector<InheritedSocket> take_inherited_sockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  if (count < 0) throw std::system_error(-count, std::generic_category(), "inherited sockets");
  const std::unique_ptr<char*, void (*)(char**)> list(names, free_names);
  std::vector<InheritedSocket> sockets;
  sockets.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    sockets.push_back({names[i], base::Descriptor(SD_LISTEN_FDS_START + i)});
  for (const InheritedSocket& socket : sockets) check(socket.fd.get(), socket.name);
  return sockets;
}

}  // namespace latchkey::process
