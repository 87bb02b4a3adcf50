// SPDX-License-Identifier: Apache-2.0
#pragma once

// Refusing an attempt at a password that came too soon after others
// (sql/deploy/login_throttle.sql).
//
// Runs in hash workers. Throws base::Error.

#include <cstdint>

#include "base/error.h"
#include "base/events.h"

namespace latchkey::service {

// Counts `event` and throws kTooManyRequests where there is anything to wait for. Whole seconds,
// rounded up: whoever comes back then is let through.
inline void require_patience(std::int64_t retry_after_ms, base::Event event,
                             base::EventSink& events) {
  if (retry_after_ms <= 0) return;
  events.count(event);
  throw base::Error(base::ErrorCode::kTooManyRequests, "Too many attempts; wait before the next")
      .retry_after((retry_after_ms + 999) / 1000);
}

}  // namespace latchkey::service
