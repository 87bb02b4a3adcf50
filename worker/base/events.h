// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the service counts beside requests: things that happen to users. `service/` says that they
// happened, whoever keeps the sums is behind the interface.
//
// A new event goes to the end: the numbers are positions in the shared segment (shm/layout.h).
//
// Runs in workers. No failures.

#include <cstddef>

namespace latchkey::base {

enum class Event {
  kLoginSucceeded,
  kLoginRefused,   // unknown name or wrong password
  kLoginInactive,  // the right password of a deactivated user
  kRegistered,
  kRegistrationTaken,
  kRefreshRotated,
  kRefreshRepeated,
  kRefreshReused,   // a used token: the session was revoked
  kRefreshRefused,  // the session has ended, or the user is inactive
  kPasswordChanged,
  kPasswordChangeRefused,
  kPasswordRehashed,
  kLoginThrottled,  // came too soon after others; the password was not looked at
  kPasswordChangeThrottled,
};

inline constexpr std::size_t kEventCount =
    static_cast<std::size_t>(Event::kPasswordChangeThrottled) + 1;

class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;

  virtual void count(Event event) = 0;
};

}  // namespace latchkey::base
