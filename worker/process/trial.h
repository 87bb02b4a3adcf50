// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program that is run once to learn whether it is content: before a rolling restart the
// supervisor asks the program that is installed now, which may be newer than itself, whether it
// would start.
//
// The child has the environment of a worker and nothing to read. What it writes on standard error,
// if it fails, is the reason. It is a child among others: the caller polls fd(), reaps it, and
// kills it when ends_at_ms() has come.
//
// Runs in the supervisor. Throws std::system_error when there is no pipe or the program cannot be
// executed.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/descriptor.h"
#include "process/child_exit.h"

namespace latchkey::process {

inline constexpr std::int64_t kTrialBoundMs = 10'000;
inline constexpr std::size_t kLongestReason = 1000;

class Trial {
 public:
  // `environment`: in the form of environ(7); nullptr: our own.
  Trial(const std::vector<std::string>& command, std::int64_t now_ms,
        const char* const* environment = nullptr);

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Readable when the child has said something, or nothing will come any more.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // When it is to be killed; nothing once it was.
  [[nodiscard]] std::optional<std::int64_t> ends_at_ms() const { return ends_at_ms_; }

  // Takes what the child has said so far.
  void read();
  void kill();
  // After it was reaped. nullopt: it is content. Otherwise why not, on one line.
  std::optional<std::string> refusal(const ChildExit& exit);

 private:
  pid_t pid_ = 0;
  base::Descriptor fd_;
  std::optional<std::int64_t> ends_at_ms_;
  std::string said_;  // at most kLongestReason bytes of it
};

}  // namespace latchkey::process
