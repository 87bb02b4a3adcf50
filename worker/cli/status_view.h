// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `latchkey status` shows, for people and for programs.
//
// Runs on the command line. No failures.

#include <string>
#include <string_view>
#include <vector>

#include "cli/traffic.h"
#include "shm/breaker.h"
#include "shm/scoreboard.h"

namespace latchkey::cli {

struct BreakerStatus {
  std::string_view name;
  shm::BreakerView view;
  shm::BreakerOptions options;
};

struct Status {
  std::string segment_path;
  std::vector<BreakerStatus> breakers;
  std::vector<shm::WorkerView> workers;
  Traffic traffic = {};
};

std::string status_table(const Status& status);
// One JSON object and a newline. Times are in milliseconds.
std::string status_json(const Status& status);

}  // namespace latchkey::cli
