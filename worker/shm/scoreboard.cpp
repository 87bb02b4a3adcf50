// SPDX-License-Identifier: Apache-2.0
#include "shm/scoreboard.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <unistd.h>

namespace latchkey::shm {
namespace {

constexpr std::array<std::string_view, kPools> kPoolNames{"api", "hash"};
constexpr std::array<std::string_view, kWorkerStates> kStateNames{"idle", "busy", "leaving"};
constexpr std::array<std::string_view, kExitReasonCount> kReasonNames{"asked", "recycled", "idle",
                                                                      "broken"};

// Two numbers that belong together in one word: the state in the low bits, and since when.
constexpr unsigned kStateBits = 8;

std::uint64_t pack(WorkerState state, std::int64_t since_ms) {
  return static_cast<std::uint64_t>(since_ms) << kStateBits | static_cast<std::uint64_t>(state);
}

WorkerState state_of(std::uint64_t word) {
  const std::uint64_t state = word & ((1U << kStateBits) - 1);
  return state < kWorkerStates ? static_cast<WorkerState>(state) : WorkerState::kIdle;
}

std::int64_t since_of(std::uint64_t word) { return static_cast<std::int64_t>(word >> kStateBits); }

// A process that may not be looked at is there.
bool is_there(pid_t pid) { return getpgid(pid) >= 0 || errno == EPERM; }

}  // namespace

std::string_view name_of(WorkerState state) {
  return kStateNames.at(static_cast<std::size_t>(state));
}

std::string_view name_of(ExitReason reason) {
  return kReasonNames.at(static_cast<std::size_t>(reason));
}

std::string_view name_of_pool(std::size_t pool) { return kPoolNames.at(pool); }

std::size_t pool_named(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(kPoolNames, name) - kPoolNames.begin());
}

// The process id is written last: a line that shows it is whole.
ScoreboardLine::ScoreboardLine(SharedLayout& layout, std::size_t pool, std::size_t slot, pid_t pid,
                               const base::Clock& clock)
    : record_(slot <= kSlotsPerPool ? &layout.workers[pool][slot - 1] : nullptr),
      pool_(layout.pools[pool]),
      clock_(clock),
      pid_(static_cast<std::uint64_t>(pid)) {
  pool_.started.fetch_add(1, std::memory_order_relaxed);
  if (record_ == nullptr) return;
  const std::int64_t now_ms = clock.monotonic_ms();
  record_->pid.store(0, std::memory_order_release);
  record_->state.store(pack(WorkerState::kIdle, now_ms), std::memory_order_relaxed);
  record_->started_ms.store(static_cast<std::uint64_t>(now_ms), std::memory_order_relaxed);
  record_->requests.store(0, std::memory_order_relaxed);
  record_->pid.store(pid_, std::memory_order_release);
}

ScoreboardLine::~ScoreboardLine() {
  if (is_mine()) record_->pid.store(0, std::memory_order_release);
}

bool ScoreboardLine::is_mine() const {
  return record_ != nullptr && record_->pid.load(std::memory_order_relaxed) == pid_;
}

void ScoreboardLine::enter(WorkerState state) {
  if (!is_mine()) return;
  record_->state.store(pack(state, clock_.monotonic_ms()), std::memory_order_relaxed);
}

void ScoreboardLine::end_request() {
  if (!is_mine()) return;
  record_->requests.fetch_add(1, std::memory_order_relaxed);
  enter(WorkerState::kIdle);
}

void ScoreboardLine::leave(ExitReason reason) {
  pool_.left[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  enter(WorkerState::kLeaving);
}

std::vector<WorkerView> read_scoreboard(const SharedLayout& layout, std::int64_t now_ms) {
  std::vector<WorkerView> workers;
  for (std::size_t pool = 0; pool < kPools; ++pool) {
    for (std::size_t slot = 0; slot < kSlotsPerPool; ++slot) {
      const WorkerRecord& record = layout.workers[pool][slot];
      const auto pid = static_cast<pid_t>(record.pid.load(std::memory_order_acquire));
      if (pid <= 0 || !is_there(pid)) continue;
      const std::uint64_t state = record.state.load(std::memory_order_relaxed);
      const auto started_ms =
          static_cast<std::int64_t>(record.started_ms.load(std::memory_order_relaxed));
      workers.push_back({.pool = pool,
                         .slot = slot + 1,
                         .pid = pid,
                         .state = state_of(state),
                         .state_ms = std::max<std::int64_t>(0, now_ms - since_of(state)),
                         .age_ms = std::max<std::int64_t>(0, now_ms - started_ms),
                         .requests = record.requests.load(std::memory_order_relaxed)});
    }
  }
  return workers;
}

PoolView read_pool(const SharedLayout& layout, std::size_t pool) {
  const PoolRecord& record = layout.pools[pool];
  PoolView view{.started = record.started.load(std::memory_order_relaxed)};
  for (std::size_t reason = 0; reason < kExitReasonCount; ++reason)
    view.left[reason] = record.left[reason].load(std::memory_order_relaxed);
  return view;
}

}  // namespace latchkey::shm
