// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who works in which slot: all that the supervisor knows, as plain data, and what each event
// does to it. policy.h decides from it what is to be done; supervisor.cpp does it.
//
//            record_start         record_ready         record_leave_order       record_kill
//   kNobody ─────────────> kStarting ─────────> kReady ─────────────────> kDraining ─────> kKilled
//      ^                      │                    │                          │              │
//      └──────────────────────┴────────────────────┴──── record_exit ─────────┴──────────────┘
//
// kStarting goes to kDraining and kKilled too. A slot has two seats. The holder is the slot's
// worker; in a rolling restart it becomes the predecessor, goes on serving, and leaves when the
// next holder is ready.
//
// Runs in the supervisor. No I/O, no clock: every function is told the time, on the monotonic
// clock. An event that does not fit the state is a bug of the mechanism, unless a child or an
// operator could cause it; what they can cause is ignored.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <sys/types.h>
#include <vector>

#include "process/child_exit.h"

namespace latchkey::process {

inline constexpr std::size_t kMaxWorkersPerPool = 256;

// A worker that fails before it is ready, or gives a failure as its exit code within kEarlyDeathMs,
// has not worked yet: its slot waits, twice as long each time. A worker that was ready and is
// killed by a signal is replaced at once, since what kills it (a bad request, the kernel short of
// memory, an operator) says nothing about the next one; the restart rate below is its bound.
inline constexpr std::int64_t kEarlyDeathMs = 1000;
inline constexpr std::int64_t kFirstBackoffMs = 100;
inline constexpr std::int64_t kLongestBackoffMs = 30'000;

// The restart rate over all slots: this many at once, then one each interval. First starts are
// free. It is above what a fault worth surviving needs, and below what a machine notices.
inline constexpr std::int64_t kRestartIntervalMs = 50;
inline constexpr std::int64_t kRestartBurst = 40;

enum class ChildState { kNobody, kStarting, kReady, kDraining, kKilled };

struct Child {
  ChildState state = ChildState::kNobody;
  pid_t pid = 0;
  std::int64_t since_ms = 0;  // when it entered its state
  std::int64_t started_ms = 0;
  std::int64_t seen_ms = 0;           // its last sign of life
  std::int64_t silence_bound_ms = 0;  // as it was told; 0: none is asked for
  std::int64_t drain_bound_ms = 0;    // by the settings that it was started with
  std::uint64_t generation = 0;       // of the roster when it was started
  bool was_ready = false;

  bool operator==(const Child&) const = default;
};

enum class Seat { kHolder, kPredecessor };

struct Slot {
  Child holder;
  Child predecessor;
  std::int64_t next_start_ms = 0;
  int early_deaths = 0;  // in a row
  bool was_started = false;
  bool was_ready = false;

  [[nodiscard]] Child& at(Seat seat) { return seat == Seat::kHolder ? holder : predecessor; }
  [[nodiscard]] const Child& at(Seat seat) const {
    return seat == Seat::kHolder ? holder : predecessor;
  }
  bool operator==(const Slot&) const = default;
};

struct Pool {
  std::size_t wanted = 0;   // the first `wanted` slots are to be filled
  std::vector<Slot> slots;  // at least `wanted`

  bool operator==(const Pool&) const = default;
};

// kDraining: every worker finishes its request. kKilling: none is waited for. There is no way back.
enum class Phase { kRunning, kDraining, kKilling };

struct Bounds {
  std::int64_t drain_ms = 0;    // how long a worker that was told to leave may take
  std::int64_t silence_ms = 0;  // how long a worker may give no sign of life; 0: for ever

  bool operator==(const Bounds&) const = default;
};

struct Roster {
  Phase phase = Phase::kRunning;
  Bounds bounds;                 // of the workers that are started from now on
  std::uint64_t generation = 0;  // a rolling restart makes a new one
  std::int64_t restarts_booked_until_ms = 0;
  std::vector<Pool> pools;

  bool operator==(const Roster&) const = default;
};

struct Place {
  std::size_t pool = 0;
  std::size_t slot = 0;  // counts from 0; people and workers see slot + 1
  Seat seat = Seat::kHolder;

  bool operator==(const Place&) const = default;
};

// Events of children.
void record_start(Roster& roster, Place place, pid_t pid, std::int64_t now_ms);
void record_start_failure(Roster& roster, Place place, std::int64_t now_ms);
void record_ready(Roster& roster, Place place, std::int64_t now_ms);
void record_sign_of_life(Roster& roster, Place place, std::int64_t now_ms);
void record_exit(Roster& roster, Place place, const ChildExit& exit, std::int64_t now_ms);

// What the supervisor has done to children.
void record_leave_order(Roster& roster, Place place, std::int64_t now_ms);
void record_kill(Roster& roster, Place place, std::int64_t now_ms);
void record_handover(Roster& roster, Place place, std::int64_t now_ms);

// What the operator asks for.
void record_shutdown(Roster& roster, Phase phase);
void record_roll(Roster& roster, const Bounds& bounds, std::int64_t now_ms);
// By one worker; never fewer than one or more than kMaxWorkersPerPool. Says whether it changed.
bool record_more(Roster& roster, std::size_t pool, std::int64_t now_ms);
bool record_fewer(Roster& roster, std::size_t pool);

// The supervisor itself was halted or starved: who was silent meanwhile may not have been heard.
void record_own_absence(Roster& roster, std::int64_t now_ms);

// Looking.
[[nodiscard]] Child& child_at(Roster& roster, Place place);
[[nodiscard]] std::optional<Place> find(const Roster& roster, pid_t pid);
[[nodiscard]] bool is_deserted(const Roster& roster);
// Has every wanted slot had a ready worker?
[[nodiscard]] bool was_filled(const Roster& roster);
// Is every wanted slot held by a ready worker of the newest generation, and are the old ones gone?
[[nodiscard]] bool is_rolled(const Roster& roster);
// When the restart rate allows a further restart.
[[nodiscard]] std::int64_t next_restart_ms(std::int64_t booked_until_ms);
[[nodiscard]] std::int64_t book_restart(std::int64_t booked_until_ms, std::int64_t now_ms);

}  // namespace latchkey::process
