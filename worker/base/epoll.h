// SPDX-License-Identifier: Apache-2.0
#pragma once

// Waiting until one of many descriptors has something to say: epoll(7), level-triggered.
//
// Runs in workers. What the kernel refuses is thrown as std::system_error, but for add, which a
// caller can do without. Descriptors stay the caller's, and are forgotten when they are closed.

#include <array>
#include <cstddef>
#include <span>
#include <sys/epoll.h>

#include "base/descriptor.h"

namespace latchkey::base {

class Epoll {
 public:
  struct Ready {
    int fd = -1;
    bool has_ended = false;  // nobody is there any more, or the descriptor is in error
  };

  // So many are told at once; the others come with the next wait.
  static constexpr std::size_t kMostReady = 512;

  Epoll();

  // False when the kernel cannot: no such descriptor, too many, no memory.
  [[nodiscard]] bool add(int fd);

  // The same for a descriptor that several processes share. Of those that sleep in wait() one is
  // woken, the first to have added it; whoever comes to wait later finds it ready, too.
  [[nodiscard]] bool add_for_one(int fd);

  // Behind all others that watch it this way.
  void to_the_back(int fd);

  // -1 waits for ever. None after that time, or when a signal was handled. The caller's to reorder,
  // until the next call.
  std::span<Ready> wait(int timeout_ms);

 private:
  [[nodiscard]] bool add(int fd, unsigned events);

  Descriptor epoll_;
  std::array<epoll_event, kMostReady> events_{};
  std::array<Ready, kMostReady> ready_{};
};

}  // namespace latchkey::base
