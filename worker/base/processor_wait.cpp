// SPDX-License-Identifier: Apache-2.0
#include "base/processor_wait.h"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <unistd.h>

namespace latchkey::base {
namespace {

constexpr std::int64_t kLongShareOf = 3;

}  // namespace

ProcessorWait::ProcessorWait(const char* path) : file_(open(path, O_RDONLY | O_CLOEXEC)) {
  last_ = read().value_or(Times{});
}

bool ProcessorWait::is_long() {
  const std::optional<Times> now = read();
  if (!now) return false;
  const std::int64_t running_ns = now->running_ns - last_.running_ns;
  const std::int64_t waiting_ns = now->waiting_ns - last_.waiting_ns;
  last_ = *now;
  return waiting_ns > 0 && waiting_ns * kLongShareOf >= running_ns + waiting_ns;
}

std::optional<ProcessorWait::Times> ProcessorWait::read() const {
  std::array<char, 64> text{};
  const ssize_t length = pread(file_.get(), text.data(), text.size(), 0);
  if (length <= 0) return std::nullopt;
  const char* const end = text.data() + length;
  Times times;
  const auto running = std::from_chars(text.data(), end, times.running_ns);
  if (running.ec != std::errc() || running.ptr == end || *running.ptr != ' ') return std::nullopt;
  const auto waiting = std::from_chars(running.ptr + 1, end, times.waiting_ns);
  return waiting.ec == std::errc() ? std::optional(times) : std::nullopt;
}

}  // namespace latchkey::base
