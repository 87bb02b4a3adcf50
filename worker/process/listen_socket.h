// SPDX-License-Identifier: Apache-2.0
#pragma once

// A listening unix socket at a path, made by the supervisor for one pool.
//
// Mode 0660, set before the path appears: whoever can connect is inside the trust boundary, and
// that is the group that nginx shares. Non-blocking, because several workers accept from it and
// only one of those that poll reports a connection to gets it.
//
// A path that is taken: a socket on which nobody listens is what a killed supervisor leaves, and
// is replaced. One that answers is left alone; orphans of a killed supervisor are given
// `patience_ms` to leave, then it is an error. What is no socket is never removed.
//
// Runs in the supervisor. Owns the descriptor and the path. Throws std::system_error.

#include <cstdint>
#include <string>
#include <sys/types.h>

#include "base/descriptor.h"

namespace latchkey::process {

class ListenSocket {
 public:
  static constexpr std::int64_t kPatienceMs = 5000;

  explicit ListenSocket(std::string path, std::int64_t patience_ms = kPatienceMs);
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket() { close(); }

  [[nodiscard]] int fd() const { return fd_.get(); }

  // Closes this process's descriptor and removes the path, unless somebody has put another file
  // there. Workers that hold the socket go on with what they have accepted.
  void close();

 private:
  std::string path_;
  base::Descriptor fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace latchkey::process
