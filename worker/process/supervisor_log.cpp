// SPDX-License-Identifier: Apache-2.0
#include "process/supervisor_log.h"

#include <csignal>
#include <cstdint>
#include <utility>

namespace latchkey::process {
namespace {

std::int64_t shown_slot(Place place) { return static_cast<std::int64_t>(place.slot) + 1; }

base::LogLevel level_of_failure(const Slot& slot) {
  return slot.early_deaths >= kErrorFromDeaths ? base::LogLevel::kError : base::LogLevel::kWarning;
}

// Was this end asked for? A worker that is told to leave may not have come so far as to hear it,
// and a terminal interrupts workers and supervisor together.
bool is_expected(Phase phase, const Child& child, const ChildExit& exit) {
  const bool is_told = child.state == ChildState::kDraining || phase != Phase::kRunning;
  if (exit.kind == ChildExit::Kind::kClean) return is_told || child.was_ready;
  if (exit.kind == ChildExit::Kind::kFailed) return false;
  if (child.state == ChildState::kKilled && (is_told || child.was_ready))
    return exit.number == SIGKILL;
  return is_told && (exit.number == SIGTERM || exit.number == SIGINT);
}

std::string_view reason_to_kill(Phase phase, const Child& child) {
  if (phase == Phase::kKilling) return "stopping at once";
  if (child.state == ChildState::kDraining) return "did not leave in time";
  if (child.state == ChildState::kStarting) return "was not ready in time";
  return "hangs: it gave no sign of life in time";
}

}  // namespace

SupervisorLog::SupervisorLog(std::vector<std::string> pool_names)
    : pool_names_(std::move(pool_names)) {}

void SupervisorLog::begun(const Roster& roster) const {
  for (std::size_t pool = 0; pool < roster.pools.size(); ++pool) {
    const auto wanted = static_cast<std::int64_t>(roster.pools[pool].wanted);
    log_.info("pool opened", {{"pool", name(pool)}, {"workers", wanted}});
  }
}

void SupervisorLog::ready() const { log_.info("every worker is ready"); }

void SupervisorLog::ended() const { log_.info("supervisor leaves"); }

void SupervisorLog::shutting_down(Phase phase, std::string_view signal) const {
  log_.info(phase == Phase::kDraining ? "draining" : "stopping at once", {{"signal", signal}});
}

void SupervisorLog::rolling() const { log_.info("rolling restart begins"); }

void SupervisorLog::rolled() const { log_.info("rolling restart is complete"); }

void SupervisorLog::roll_refused(std::string_view reason) const {
  log_.warning("rolling restart refused", {{"reason", reason}});
}

void SupervisorLog::resized(std::size_t pool, bool changed, std::size_t wanted) const {
  log_.log(changed ? base::LogLevel::kInfo : base::LogLevel::kWarning,
           changed ? "pool resized" : "pool is at its limit",
           {{"pool", name(pool)}, {"workers", static_cast<std::int64_t>(wanted)}});
}

void SupervisorLog::started(Place place, pid_t pid) const {
  log_.info("worker started",
            {{"pool", name(place.pool)}, {"slot", shown_slot(place)}, {"pid", std::int64_t{pid}}});
}

void SupervisorLog::start_failed(Place place, const Slot& slot, std::string_view reason,
                                 std::int64_t now_ms) const {
  log_.log(level_of_failure(slot), "worker could not be started",
           {{"pool", name(place.pool)},
            {"slot", shown_slot(place)},
            {"reason", reason},
            {"next_start_ms", slot.next_start_ms - now_ms}});
}

void SupervisorLog::became_ready(Place place, const Child& child, std::int64_t now_ms) const {
  log_.info("worker is ready", {{"pool", name(place.pool)},
                                {"slot", shown_slot(place)},
                                {"pid", std::int64_t{child.pid}},
                                {"after_ms", now_ms - child.started_ms}});
}

void SupervisorLog::killed(Phase phase, Place place, const Child& child) const {
  log_.warning("worker is killed", {{"pool", name(place.pool)},
                                    {"slot", shown_slot(place)},
                                    {"pid", std::int64_t{child.pid}},
                                    {"reason", reason_to_kill(phase, child)}});
}

void SupervisorLog::exited(Phase phase, Place place, const Child& child, const Slot& slot,
                           const ChildExit& exit, std::int64_t now_ms) const {
  const std::string how = exit.describe();
  const base::LogField pool{"pool", name(place.pool)};
  const base::LogField number{"slot", shown_slot(place)};
  const base::LogField pid{"pid", std::int64_t{child.pid}};
  const base::LogField end{"exit", std::string_view(how)};
  const base::LogField ran{"ran_ms", now_ms - child.started_ms};
  const bool failed_to_start = place.seat == Seat::kHolder && slot.early_deaths > 0;
  if (is_expected(phase, child, exit)) {
    log_.info("worker left", {pool, number, pid, end, ran});
  } else if (failed_to_start) {
    log_.log(level_of_failure(slot), "worker died early",
             {pool, number, pid, end, ran, {"next_start_ms", slot.next_start_ms - now_ms}});
  } else {
    log_.warning("worker died", {pool, number, pid, end, ran});
  }
}

}  // namespace latchkey::process
