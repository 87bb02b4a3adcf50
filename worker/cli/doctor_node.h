// SPDX-License-Identifier: Apache-2.0
#pragma once

// The shared segment and the workers, as `latchkey doctor` judges them.
//
// Runs on the command line. No failures: a segment that cannot be opened is a finding.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/finding.h"
#include "config/settings.h"
#include "shm/breaker.h"
#include "shm/scoreboard.h"

namespace latchkey::cli {

struct NodeLook {
  std::string refusal{};  // why the segment could not be opened; the rest is then empty
  shm::BreakerView breaker{};
  std::vector<shm::WorkerView> workers{};

  [[nodiscard]] bool is_there() const { return refusal.empty(); }
};

NodeLook look_at_node(const config::Settings& settings, const base::Clock& clock);

Finding judge_segment(const std::string& path, const NodeLook& look);
Finding judge_breaker(const NodeLook& look);
// One for each pool. `may_be_idle`: workers leave when there is nothing to do, and come back.
Findings judge_workers(const NodeLook& look, bool may_be_idle);

}  // namespace latchkey::cli
