// SPDX-License-Identifier: Apache-2.0
#include "process/supervisor_options.h"

#include <stdexcept>

namespace latchkey::process {

SupervisorOptions checked(SupervisorOptions options) {
  if (options.pools.empty()) throw std::invalid_argument("a supervisor without pools");
  for (const PoolOptions& pool : options.pools) {
    if (pool.workers < 1 || pool.workers > kMaxWorkersPerPool)
      throw std::invalid_argument("pool " + pool.name + ": 1 to " +
                                  std::to_string(kMaxWorkersPerPool) + " workers");
    if (pool.command.empty()) throw std::invalid_argument("pool " + pool.name + ": no command");
  }
  return options;
}

std::vector<std::string> names_of(const std::vector<PoolOptions>& pools) {
  std::vector<std::string> names;
  names.reserve(pools.size());
  for (const PoolOptions& pool : pools) names.push_back(pool.name);
  return names;
}

Roster roster_for(const SupervisorOptions& options, std::int64_t now_ms) {
  Roster roster;
  roster.bounds = options.bounds;
  roster.restarts_booked_until_ms = now_ms;
  for (const PoolOptions& pool : options.pools) {
    Slot slot;
    slot.next_start_ms = now_ms;
    roster.pools.push_back({pool.workers, std::vector<Slot>(pool.workers, slot)});
  }
  return roster;
}

}  // namespace latchkey::process
