// SPDX-License-Identifier: Apache-2.0
#pragma once

// The circuit breaker in front of a dependency, one for all processes that attach the segment.
//
//     auto admitted = breaker.admit();
//     if (auto* refusal = std::get_if<Refusal>(&admitted)) { ... CIRCUIT_OPEN, retry_after_ms ... }
//     auto& permit = std::get<Permit>(admitted);
//     ... the call ...
//     permit.report_success();    // the dependency answered, whatever the answer was
//     permit.report_failure();    // the dependency is ill: connection lost, timeout, shutting down
//
// A permit reports once. One that dies without a report, or is abandoned, says nothing about the
// dependency: in CLOSED nothing changes, and a probe is given back, so that another call may have
// it. That is for calls that never reached the dependency; a call that did must give a verdict, or
// the bound on probes is no bound on what the dependency sees.
//
// Options belong to the process: during a rolling restart two sets may be in use, and each process
// decides by its own. The rules are in breaker_word.h.
//
// Runs in workers and the command line. A refusal is a normal answer; options out of range are a
// bug (Error(kInternalError)). The breaker must outlive its permits, and the record the breaker. A
// process killed at any instruction leaves at most a probe that its lease brings back, and one
// transition without its log line and count.

#include <cstdint>
#include <functional>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "shm/breaker_word.h"
#include "shm/layout.h"

namespace latchkey::shm {

class Breaker;

class Permit {
 public:
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  Permit(Permit&& other) noexcept
      : breaker_(std::exchange(other.breaker_, nullptr)), ticket_(other.ticket_) {}
  // A permit that is assigned over is abandoned.
  Permit& operator=(Permit&& other) noexcept;
  ~Permit() { abandon(); }

  // The first report counts; any later one does nothing.
  void report_success();
  void report_failure();
  void abandon() noexcept;

  [[nodiscard]] const BreakerTicket& ticket() const { return ticket_; }

 private:
  friend class Breaker;
  Permit(Breaker& breaker, const BreakerTicket& ticket) : breaker_(&breaker), ticket_(ticket) {}
  void report(BreakerEvent::Kind verdict);

  Breaker* breaker_;  // nullptr once reported
  BreakerTicket ticket_;
};

struct Refusal {
  std::int64_t retry_after_ms = 0;  // at least 1
};

// A change of state, told to the process that made it and to no other.
struct BreakerChange {
  BreakerTransition transition = BreakerTransition::kNone;
  BreakerState before = BreakerState::kClosed;
  BreakerState after = BreakerState::kClosed;
  std::int64_t wait_ms = 0;  // how long the new state lasts by itself: timeout, lease or 0
};

using BreakerListener = std::function<void(const BreakerChange&)>;

// What `latchkey status` and the metrics show.
struct BreakerView {
  BreakerState state = BreakerState::kClosed;
  std::uint32_t failures = 0;     // consecutive, of CLOSED
  std::uint32_t probes = 0;       // in hand, of HALF_OPEN
  std::int64_t remaining_ms = 0;  // of OPEN and HALF_OPEN; 0: the next call is a probe
  std::uint64_t opened = 0;       // from here: since the segment was made
  std::uint64_t half_opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t reset = 0;
  std::uint64_t probes_lost = 0;
  std::uint64_t refused = 0;
};

class Breaker {
 public:
  // `listener` is called after the change stands; it must not throw. It may be empty.
  Breaker(BreakerRecord& record, const BreakerOptions& options, const base::Clock& clock,
          BreakerListener listener = {});
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;
  ~Breaker() = default;

  [[nodiscard]] std::variant<Permit, Refusal> admit();
  // Closes by hand. Permits that are out, probes among them, no longer count.
  void reset();

  // A readiness check must not decide by this: a breaker that is OPEN and past its timeout only
  // recovers when somebody is admitted.
  [[nodiscard]] BreakerState state() const;
  // Whether the last thing heard of the dependency was bad: it is not CLOSED, or counts failures.
  [[nodiscard]] bool is_suspicious() const;
  [[nodiscard]] BreakerView view() const;

 private:
  friend class Permit;
  BreakerDecision apply(const BreakerEvent& event);
  void announce(BreakerState before, const BreakerDecision& decision);

  BreakerRecord& record_;
  BreakerOptions options_;
  const base::Clock& clock_;
  BreakerListener listener_;
};

}  // namespace latchkey::shm
