// SPDX-License-Identifier: Apache-2.0
#include "db/deadline.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <poll.h>
#include <utility>

namespace latchkey::db {
namespace {

constexpr std::int64_t kLongestPollMs = std::numeric_limits<int>::max();

void (*long_wait_act)(void*) = nullptr;
void* long_wait_context = nullptr;

}  // namespace

std::int64_t Deadline::remaining_ms() const {
  // Rounded up: a deadline that is not over has at least a millisecond left.
  return std::max<std::int64_t>(0, (ends_at_ns_ - clock_.monotonic_ns() + 999'999) / 1'000'000);
}

std::int64_t Deadline::elapsed_ms() const {
  return length_ms_ + (clock_.monotonic_ns() - ends_at_ns_ + 999'999) / 1'000'000;
}

void on_long_wait(void (*act)(void*), void* context) {
  long_wait_context = context;
  long_wait_act = act;
}

bool Wait::until_ready(int socket, short events) {
  if (socket < 0) return false;
  pollfd entry{socket, events, 0};
  for (;;) {
    const std::int64_t left_ms = deadline_.remaining_ms();
    // An answer that came while this process was not running is an answer.
    if (left_ms == 0) return !std::exchange(has_looked_late_, true) && poll(&entry, 1, 0) > 0;
    const std::int64_t until_long_ms = kLongWaitMs - (left_at_start_ms_ - left_ms);
    if (!is_long_ && until_long_ms <= 0) {
      is_long_ = true;
      if (long_wait_act != nullptr) long_wait_act(long_wait_context);
    }
    const std::int64_t wait_ms = is_long_ ? left_ms : std::min(left_ms, until_long_ms);
    const int ready = poll(&entry, 1, static_cast<int>(std::min(wait_ms, kLongestPollMs)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace latchkey::db
