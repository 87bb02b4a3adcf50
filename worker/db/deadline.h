// SPDX-License-Identifier: Apache-2.0
#pragma once

// The end of a database call, kept by the client, and waiting until then.
//
// Runs in workers and on the command line, on their only thread.

#include <cstdint>

#include "base/clock.h"

namespace latchkey::db {

class Deadline {
 public:
  Deadline(const base::Clock& clock, std::int64_t timeout_ms)
      : clock_(clock),
        length_ms_(timeout_ms),
        ends_at_ns_(clock.monotonic_ns() + timeout_ms * 1'000'000) {}

  // Milliseconds that remain, at least 0.
  [[nodiscard]] std::int64_t remaining_ms() const;
  [[nodiscard]] bool is_over() const { return remaining_ms() == 0; }
  // Milliseconds from its beginning to its end.
  [[nodiscard]] std::int64_t length_ms() const { return length_ms_; }
  // Milliseconds since its beginning, rounded up; more than its length when it is over.
  [[nodiscard]] std::int64_t elapsed_ms() const;

 private:
  const base::Clock& clock_;
  std::int64_t length_ms_;
  std::int64_t ends_at_ns_;
};

// Waiting for a socket, once or again and again, until a deadline. `deadline` outlives it.
class Wait {
 public:
  explicit Wait(const Deadline& deadline)
      : deadline_(deadline), left_at_start_ms_(deadline.remaining_ms()) {}

  // True when the socket is ready for one of the events of poll(2), or in error. False when the
  // deadline passed first, or when there is no socket to wait for. After the deadline it looks
  // once.
  [[nodiscard]] bool until_ready(int socket, short events);

 private:
  const Deadline& deadline_;
  std::int64_t left_at_start_ms_;
  bool is_long_ = false;
  bool has_looked_late_ = false;
};

// What a worker does when a wait turns out to last: it lets go of those who would wait for it.
// `act` runs in until_ready(), once in each Wait that is longer than kLongWaitMs. To be set before
// the first call, and for good.
inline constexpr std::int64_t kLongWaitMs = 50;
void on_long_wait(void (*act)(void*), void* context);

}  // namespace latchkey::db
