// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_node.h"

#include <algorithm>

#include "base/error.h"
#include "cli/shared_segment.h"
#include "shm/layout.h"
#include "shm/segment.h"

namespace latchkey::cli {

NodeLook look_at_node(const config::Settings& settings, const base::Clock& clock) {
  if (settings.runtime_dir.empty()) return {.refusal = "there is no RUNTIME_DIR"};
  try {
    const shm::Segment segment = shm::Segment::open_existing(settings.runtime_dir);
    const shm::Breaker breaker(segment.layout().database_breaker, breaker_options(settings), clock);
    return {.breaker = breaker.view(),
            .workers = shm::read_scoreboard(segment.layout(), clock.monotonic_ms())};
  } catch (const base::Error& error) {
    return {.refusal = error.cause()};
  }
}

Finding judge_segment(const std::string& path, const NodeLook& look) {
  if (look.is_there()) return ok("segment", path + " can be opened.");
  return failure("segment", "The shared segment cannot be opened: " + look.refusal + ".",
                 "Start the service, and run this as root or as its user. If workers run and say "
                 "the same in their log, each has a breaker of its own: stop them all, remove the "
                 "file, start them.");
}

Finding judge_breaker(const NodeLook& look) {
  if (!look.is_there()) {
    return could_not_ask("breaker", "The state of the circuit breaker is not known.",
                         "See \"runtime\".");
  }
  switch (look.breaker.state) {
    case shm::BreakerState::kOpen:
      return failure("breaker",
                     "The circuit breaker is open: requests that need the database get 503.",
                     "See LatchkeyBreakerOpen in docs/operations.md. If the database is well: "
                     "latchkey status --reset-breaker database.");
    case shm::BreakerState::kHalfOpen:
      return warning("breaker", "The circuit breaker is half open: it tries the database.",
                     "Look again in a minute; see LatchkeyBreakerOpen in docs/operations.md.");
    case shm::BreakerState::kClosed:
      break;
  }
  return ok("breaker", "The circuit breaker is closed.");
}

Findings judge_workers(const NodeLook& look, bool may_be_idle) {
  if (!look.is_there()) {
    return {
        could_not_ask("workers", "How many workers there are is not known.", "See \"runtime\".")};
  }
  Findings findings;
  for (std::size_t pool = 0; pool < shm::kPools; ++pool) {
    const std::string_view name = shm::name_of_pool(pool);
    const auto number = std::ranges::count(look.workers, pool, &shm::WorkerView::pool);
    const std::string none = "The pool " + std::string(name) + " has no worker";
    if (number > 0) {
      findings.push_back(
          ok(name, std::to_string(number) + (number == 1 ? " worker." : " workers.")));
    } else if (may_be_idle) {
      findings.push_back(warning(name, none + "; WORKER_IDLE_EXIT lets idle ones leave.",
                                 "Ask for something, and look whether one starts."));
    } else {
      findings.push_back(failure(name, none + ".",
                                 "systemctl start latchkey.target; see LatchkeyDown in "
                                 "docs/operations.md."));
    }
  }
  return findings;
}

}  // namespace latchkey::cli
