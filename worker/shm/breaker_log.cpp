// SPDX-License-Identifier: Apache-2.0
#include "shm/breaker_log.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace latchkey::shm {

namespace {

struct Line {
  base::LogLevel level;
  std::string_view message;
};

Line line_of(const BreakerChange& change) {
  switch (change.transition) {
    case BreakerTransition::kOpened:
      if (change.before == BreakerState::kHalfOpen) {
        return {base::LogLevel::kWarning, "A probe failed: the circuit is open again"};
      }
      return {base::LogLevel::kWarning, "The circuit is open: calls are refused"};
    case BreakerTransition::kHalfOpened:
      return {base::LogLevel::kInfo, "The circuit is half open: a probe is let through"};
    case BreakerTransition::kProbesLost:
      return {base::LogLevel::kWarning,
              "No probe reported within its lease: another is let through"};
    case BreakerTransition::kClosed:
      return {base::LogLevel::kInfo, "The circuit is closed: a probe succeeded"};
    case BreakerTransition::kReset:
      return {base::LogLevel::kWarning, "The circuit was closed by hand"};
    case BreakerTransition::kNone:
      break;
  }
  return {base::LogLevel::kDebug, "The circuit did not change"};
}

}  // namespace

BreakerListener log_changes(std::string name) {
  return [name = std::move(name),
          logger = base::Logger("latchkey.breaker")](const BreakerChange& change) {
    const Line line = line_of(change);
    logger.log(line.level, line.message,
               {{.name = "breaker", .value = std::string_view(name)},
                {.name = "state_before", .value = name_of(change.before)},
                {.name = "state", .value = name_of(change.after)},
                {.name = "wait_ms", .value = change.wait_ms}});
  };
}

}  // namespace latchkey::shm
