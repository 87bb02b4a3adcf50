// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the supervisor says about its workers: one line for each start and each end.
//
//   INFO     what was meant to happen
//   WARNING  an unexpected death, a worker that had to be killed, a refused wish
//   ERROR    from the kErrorFromDeaths-th failed start of a slot in a row: it will not heal by
//            itself
//
// Runs in the supervisor.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "process/child_exit.h"
#include "process/roster.h"

namespace latchkey::process {

inline constexpr int kErrorFromDeaths = 3;

class SupervisorLog {
 public:
  explicit SupervisorLog(std::vector<std::string> pool_names);

  void begun(const Roster& roster) const;
  void ready() const;
  void ended() const;
  void shutting_down(Phase phase, std::string_view signal) const;
  void rolling() const;
  void rolled() const;
  void roll_refused(std::string_view reason) const;
  void resized(std::size_t pool, bool changed, std::size_t wanted) const;

  void started(Place place, pid_t pid) const;
  void start_failed(Place place, const Slot& slot, std::string_view reason,
                    std::int64_t now_ms) const;
  void became_ready(Place place, const Child& child, std::int64_t now_ms) const;
  void killed(Phase phase, Place place, const Child& child) const;
  // `child` as it was, `slot` as it is now.
  void exited(Phase phase, Place place, const Child& child, const Slot& slot, const ChildExit& exit,
              std::int64_t now_ms) const;

 private:
  [[nodiscard]] std::string_view name(std::size_t pool) const { return pool_names_[pool]; }

  std::vector<std::string> pool_names_;
  base::Logger log_{"latchkey.process"};
};

}  // namespace latchkey::process
