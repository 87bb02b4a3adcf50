// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the workers of a supervisor say that they are ready: the receiving end of sd_notify(3).
//
// A datagram socket in the runtime directory, mode 0600. The kernel adds the sender's process id
// to each datagram (SO_PASSCRED), so nobody can speak for another; what no worker of ours has sent
// is for the caller to ignore. It also adds the time of sending (SO_TIMESTAMP): the socket holds
// only a few datagrams (net.unix.max_dgram_qlen), so an old one says that others were lost.
//
// Runs in the supervisor, which holds the directory's lock: a socket found at the path is stale.
// Owns descriptor and path. Throws std::system_error.

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

#include "base/descriptor.h"

namespace latchkey::process {

struct Notification {
  pid_t sender = 0;
  bool ready = false;          // READY=1
  bool stopping = false;       // STOPPING=1
  bool alive = false;          // WATCHDOG=1
  std::int64_t waited_ms = 0;  // since it was sent; 0 also where the clock was set meanwhile
};

class NotifySocket {
 public:
  explicit NotifySocket(std::string path);  // absolute, as sd_notify wants it
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  // The next message that has arrived.
  std::optional<Notification> next();

 private:
  std::string path_;
  base::Descriptor fd_;
};

}  // namespace latchkey::process
