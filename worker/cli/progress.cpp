// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <algorithm>
#include <unistd.h>

namespace latchkey::cli {
namespace {

constexpr std::int64_t kIntervalMs = 100;
constexpr std::int64_t kBarWidth = 20;
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

Progress::Progress(std::FILE* out, const base::Clock& clock)
    : out_(out), clock_(clock), is_terminal_(isatty(fileno(out)) == 1) {}

void Progress::show(std::string_view line) {
  if (!is_terminal_) return;
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (is_shown_ && now_ms - last_ms_ < kIntervalMs) return;
  last_ms_ = now_ms;
  is_shown_ = true;
  std::fprintf(out_, "%s%.*s", kEraseLine, static_cast<int>(line.size()), line.data());
  std::fflush(out_);
}

void Progress::clear() {
  if (!is_shown_) return;
  is_shown_ = false;
  std::fputs(kEraseLine, out_);
  std::fflush(out_);
}

std::string bar(std::int64_t done, std::int64_t total) {
  const std::int64_t part = total <= 0 ? 100 : std::clamp<std::int64_t>(done * 100 / total, 0, 100);
  const auto full = static_cast<std::size_t>(part * kBarWidth / 100);
  std::string percent = std::to_string(part);
  percent.insert(0, 3 - percent.size(), ' ');
  return '[' + std::string(full, '#') + std::string(kBarWidth - full, '.') + "] " + percent + '%';
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::ptrdiff_t first = text.starts_with('-') ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > first; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

}  // namespace latchkey::cli
