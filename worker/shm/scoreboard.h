// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who works in which slot and what it is doing, for `latchkey status` and the metrics.
//
// A worker writes its own line and nobody else's. In a rolling restart two workers have one slot
// for a moment: the newer one takes the line over, and the older one stops writing, since the line
// no longer has its process id. A worker that is killed leaves its line as it was: a reader asks
// the kernel whether the process is still there.
//
// Slots beyond kSlotsPerPool work as well and are not shown.
//
// ScoreboardLine runs in workers, read_scoreboard() in whoever attaches the segment. No failures.

#include <cstdint>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/clock.h"
#include "shm/layout.h"

namespace latchkey::shm {

enum class WorkerState : std::uint8_t { kIdle = 0, kBusy = 1, kLeaving = 2 };
inline constexpr std::size_t kWorkerStates = 3;

// "idle", "busy", "leaving"
std::string_view name_of(WorkerState state);

// Why a worker left by itself. One that was killed or crashed has no reason to give: it is the
// difference between those that started and those that left or are there.
enum class ExitReason : std::uint8_t { kAsked = 0, kRecycled = 1, kIdle = 2, kBroken = 3 };
inline constexpr std::size_t kExitReasonCount = 4;

std::string_view name_of(ExitReason reason);

// Pools by their place in the layout; the names are those of LISTEN_FDNAMES.
std::string_view name_of_pool(std::size_t pool);
std::size_t pool_named(std::string_view name);  // kPools: there is none

class ScoreboardLine {
 public:
  // Takes the line over. `slot` counts from 1. Must not outlive the layout.
  ScoreboardLine(SharedLayout& layout, std::size_t pool, std::size_t slot, pid_t pid,
                 const base::Clock& clock);
  ScoreboardLine(const ScoreboardLine&) = delete;
  ScoreboardLine& operator=(const ScoreboardLine&) = delete;
  // Gives the line back: its process id may soon be somebody else's.
  ~ScoreboardLine();

  void begin_request() { enter(WorkerState::kBusy); }
  void end_request();
  void leave(ExitReason reason);

 private:
  [[nodiscard]] bool is_mine() const;
  void enter(WorkerState state);

  WorkerRecord* record_;  // nullptr for a slot that is not shown
  PoolRecord& pool_;
  const base::Clock& clock_;
  std::uint64_t pid_;
};

struct WorkerView {
  std::size_t pool = 0;
  std::size_t slot = 0;  // from 1
  pid_t pid = 0;
  WorkerState state = WorkerState::kIdle;
  std::int64_t state_ms = 0;  // how long in this state
  std::int64_t age_ms = 0;
  std::uint64_t requests = 0;
};

struct PoolView {
  std::uint64_t started = 0;
  std::uint64_t left[kExitReasonCount] = {};  // NOLINT(*-avoid-c-arrays)
};

// Lines of processes that are there, in the order of pools and slots.
std::vector<WorkerView> read_scoreboard(const SharedLayout& layout, std::int64_t now_ms);
PoolView read_pool(const SharedLayout& layout, std::size_t pool);

}  // namespace latchkey::shm
