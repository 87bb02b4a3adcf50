// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a supervisor is to keep running, and the roster that it begins with.
//
// Runs in the supervisor. checked() throws std::invalid_argument for what no caller should pass.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "process/roster.h"

namespace latchkey::process {

struct PoolOptions {
  std::string name;
  std::size_t workers = 1;  // 1 to kMaxWorkersPerPool
  std::string socket_path;
  // The program and its arguments; `--slot N` is added.
  std::vector<std::string> command;
};

struct SupervisorOptions {
  std::string runtime_dir;
  std::vector<PoolOptions> pools;
  Bounds bounds = {.drain_ms = 35'000};
  // Of every child, in the form of environ(7), in place of our own. It outlives the supervisor.
  const char* const* environment = nullptr;
  // Run before a rolling restart: unless it exits with 0 the restart is refused, for the reason
  // that it gives on standard error (settings that workers would not start with). Empty: nothing is
  // asked.
  std::vector<std::string> trial = {};
  // Then asked, with the bounds so far, for those by the settings of now. A std::exception refuses
  // the restart, and its text is logged as the reason. Empty: the bounds stay as they are.
  std::function<Bounds(const Bounds&)> reload = {};
};

[[nodiscard]] SupervisorOptions checked(SupervisorOptions options);

// Every slot is vacant and may be filled at once.
[[nodiscard]] Roster roster_for(const SupervisorOptions& options, std::int64_t now_ms);

[[nodiscard]] std::vector<std::string> names_of(const std::vector<PoolOptions>& pools);

}  // namespace latchkey::process
