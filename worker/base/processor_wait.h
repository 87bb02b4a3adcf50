// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether processors are short: how much of the time in which this process could have run it waited
// for a processor to be free.
//
// By the kernel's count in /proc/self/schedstat (Documentation/scheduler/sched-stats.rst): its
// nanoseconds on a processor, those on a queue for one, and how often it got one. A process that
// waits for a disk, a socket or a server is on no queue.
//
// Runs in workers. A look is one read(2).

#include <cstdint>
#include <optional>

#include "base/descriptor.h"

namespace latchkey::base {

class ProcessorWait {
 public:
  // Where the file cannot be read, no wait is ever long.
  explicit ProcessorWait(const char* path = "/proc/self/schedstat");

  // Whether that was a third or more since the last look.
  [[nodiscard]] bool is_long();

 private:
  struct Times {
    std::int64_t running_ns = 0;
    std::int64_t waiting_ns = 0;
  };
  [[nodiscard]] std::optional<Times> read() const;

  Descriptor file_;
  Times last_;
};

}  // namespace latchkey::base
