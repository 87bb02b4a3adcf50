// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kernel takes the connection, and nobody answers: a server that is stopped, a black hole.

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace latchkey::db {

class SilentServer {
 public:
  SilentServer() {
    if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listening_.get(), 8) != 0) {
      throw std::runtime_error("the server cannot listen");
    }
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() {
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  [[nodiscard]] std::string path() const { return folder_ + "/.s.PGSQL.5432"; }

  std::string folder_ = "/tmp/latchkey-silent-XXXXXX";
  base::Descriptor listening_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

}  // namespace latchkey::db
