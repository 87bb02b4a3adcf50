// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rules of the circuit breaker: pure functions over the 64 bits that hold its whole state.
//
//     state:2 | epoch:20 | count:10 | until_ms:32
//
//   CLOSED     every call passes; `count` is the number of consecutive failures
//   OPEN       every call is refused until `until_ms`
//   HALF_OPEN  `count` probes are in hand; the lease of the last one ends at `until_ms`
//
//                  threshold reached             timeout over
//     CLOSED ----------------------------> OPEN ---------------> HALF_OPEN
//        ^                                  ^    a probe failed     | |
//        |                                  +-----------------------+ |
//        +------------------------------------------------------------+
//                            a probe succeeded
//
// Each change of state begins a period and advances `epoch`. A permit carries the epoch in which it
// was given, and a report from another epoch changes nothing: a call that hung through an outage
// cannot disturb what came after it. 20 bits return after a million changes of state, far more than
// fit into the life of a permit.
//
// A probe is lost when its holder dies. Nobody is told, so a probe is held on a lease: when the
// lease of the last probe is over and no verdict has come, a new half-open period begins with all
// its probes. The lease must be longer than any call can take, then no living holder loses one.
//
// Deadlines are the low 32 bits of the monotonic clock and are compared modulo 2^32. A deadline
// further ahead than this process would ever set (its own timeout, its own lease) counts as passed:
// it was set before a reboot, or before the settings were shortened. So whatever 64 bits stand in
// the word, a call is admitted after at most max(timeout, lease). For the same reason the clock is
// read after the word: an older reading would take a deadline just set for one of those.
//
// Runs in every process. No failures: every word and every event has an answer. tests/model/
// explores these functions exhaustively.

#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::shm {

enum class BreakerState : std::uint8_t { kClosed = 0, kOpen = 1, kHalfOpen = 2 };

// "closed", "open", "half_open"
std::string_view name_of(BreakerState state);

struct BreakerOptions {
  std::uint32_t threshold = 5;
  std::int64_t timeout_ms = 60'000;
  std::uint32_t half_open_max_calls = 1;
  // At least as long as the longest call; twice its deadline leaves room for a slow machine.
  std::int64_t lease_ms = 4'000;
};

// What the bits of the word can hold.
inline constexpr std::uint32_t kMaxThreshold = 1'000;
inline constexpr std::uint32_t kMaxHalfOpenCalls = 1'000;
inline constexpr std::int64_t kMaxWaitMs = std::int64_t{24} * 60 * 60 * 1'000;

bool is_valid(const BreakerOptions& options);

struct BreakerWord {
  BreakerState state = BreakerState::kClosed;
  std::uint32_t epoch = 0;
  std::uint32_t count = 0;
  std::uint32_t until_ms = 0;  // 0 when CLOSED

  static BreakerWord unpack(std::uint64_t bits);
  [[nodiscard]] std::uint64_t pack() const;

  bool operator==(const BreakerWord&) const = default;
};

// Which permit a report is about.
struct BreakerTicket {
  std::uint32_t epoch = 0;
  bool is_probe = false;

  bool operator==(const BreakerTicket&) const = default;
};

struct BreakerEvent {
  enum class Kind : std::uint8_t { kAdmit, kSuccess, kFailure, kAbandon, kReset };
  Kind kind = Kind::kAdmit;
  BreakerTicket ticket{};  // of kSuccess, kFailure, kAbandon
};

enum class BreakerTransition : std::uint8_t {
  kNone,
  kOpened,      // CLOSED or HALF_OPEN -> OPEN
  kHalfOpened,  // OPEN -> HALF_OPEN
  kProbesLost,  // HALF_OPEN -> HALF_OPEN: no verdict within the lease
  kClosed,      // HALF_OPEN -> CLOSED
  kReset,       // OPEN or HALF_OPEN -> CLOSED, by hand
};

struct BreakerDecision {
  BreakerWord next;  // to be written if it differs from the word that was read
  BreakerTransition transition = BreakerTransition::kNone;
  std::optional<BreakerTicket> ticket{};  // of kAdmit: nullopt is a refusal
  std::int64_t retry_after_ms = 0;        // of a refusal: at least 1
};

// How long the deadline of an OPEN or HALF_OPEN word still lasts; 0 if it is over.
std::int64_t remaining_ms(const BreakerWord& word, std::int64_t now_ms,
                          const BreakerOptions& options);

// `now_ms` is the monotonic clock, read after the word.
BreakerDecision decide(const BreakerWord& word, const BreakerEvent& event, std::int64_t now_ms,
                       const BreakerOptions& options);

}  // namespace latchkey::shm
