// SPDX-License-Identifier: Apache-2.0
#include "shm/breaker.h"

#include <atomic>
#include <cstdint>
#include <utility>
#include <variant>

#include "base/error.h"

namespace latchkey::shm {

namespace {

// A counter stands for nothing but itself: no order with other memory is needed.
void count(SharedWord& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

std::uint64_t read(const SharedWord& counter) { return counter.load(std::memory_order_relaxed); }

}  // namespace

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    abandon();
    breaker_ = std::exchange(other.breaker_, nullptr);
    ticket_ = other.ticket_;
  }
  return *this;
}

void Permit::report(BreakerEvent::Kind verdict) {
  if (Breaker* breaker = std::exchange(breaker_, nullptr); breaker != nullptr) {
    static_cast<void>(breaker->apply({.kind = verdict, .ticket = ticket_}));
  }
}

void Permit::report_success() { report(BreakerEvent::Kind::kSuccess); }
void Permit::report_failure() { report(BreakerEvent::Kind::kFailure); }
// An abandoned permit is never a transition, so no listener runs and nothing throws.
void Permit::abandon() noexcept { report(BreakerEvent::Kind::kAbandon); }

Breaker::Breaker(BreakerRecord& record, const BreakerOptions& options, const base::Clock& clock,
                 BreakerListener listener)
    : record_(record), options_(options), clock_(clock), listener_(std::move(listener)) {
  if (!is_valid(options_)) {
    throw base::Error(base::ErrorCode::kInternalError).because("breaker options out of range");
  }
}

std::variant<Permit, Refusal> Breaker::admit() {
  const BreakerDecision decision = apply({.kind = BreakerEvent::Kind::kAdmit});
  if (!decision.ticket) {
    count(record_.refused);
    return Refusal{.retry_after_ms = decision.retry_after_ms};
  }
  return Permit(*this, *decision.ticket);
}

void Breaker::reset() { static_cast<void>(apply({.kind = BreakerEvent::Kind::kReset})); }

// The one place that writes the word. A failed exchange means that another process moved on, so
// there is progress, and the decision is made anew on what it wrote.
BreakerDecision Breaker::apply(const BreakerEvent& event) {
  std::uint64_t seen = record_.word.load(std::memory_order_acquire);
  for (;;) {
    const BreakerWord word = BreakerWord::unpack(seen);
    const BreakerDecision decision = decide(word, event, clock_.monotonic_ms(), options_);
    const std::uint64_t next = decision.next.pack();
    // A healthy call writes nothing: the cache line stays shared between the processors.
    if (next == seen || record_.word.compare_exchange_strong(seen, next, std::memory_order_acq_rel,
                                                             std::memory_order_acquire)) {
      announce(word.state, decision);
      return decision;
    }
  }
}

void Breaker::announce(BreakerState before, const BreakerDecision& decision) {
  std::int64_t wait_ms = 0;
  switch (decision.transition) {
    case BreakerTransition::kNone:
      return;
    case BreakerTransition::kOpened:
      count(record_.opened);
      wait_ms = options_.timeout_ms;
      break;
    case BreakerTransition::kHalfOpened:
      count(record_.half_opened);
      wait_ms = options_.lease_ms;
      break;
    case BreakerTransition::kProbesLost:
      count(record_.probes_lost);
      wait_ms = options_.lease_ms;
      break;
    case BreakerTransition::kClosed:
      count(record_.closed);
      break;
    case BreakerTransition::kReset:
      count(record_.reset);
      break;
  }
  if (listener_) {
    listener_({.transition = decision.transition,
               .before = before,
               .after = decision.next.state,
               .wait_ms = wait_ms});
  }
}

BreakerState Breaker::state() const {
  return BreakerWord::unpack(record_.word.load(std::memory_order_acquire)).state;
}

bool Breaker::is_suspicious() const {
  const BreakerWord word = BreakerWord::unpack(record_.word.load(std::memory_order_acquire));
  return word.state != BreakerState::kClosed || word.count > 0;
}

BreakerView Breaker::view() const {
  const BreakerWord word = BreakerWord::unpack(record_.word.load(std::memory_order_acquire));
  return {.state = word.state,
          .failures = word.state == BreakerState::kClosed ? word.count : 0,
          .probes = word.state == BreakerState::kHalfOpen ? word.count : 0,
          .remaining_ms = remaining_ms(word, clock_.monotonic_ms(), options_),
          .opened = read(record_.opened),
          .half_opened = read(record_.half_opened),
          .closed = read(record_.closed),
          .reset = read(record_.reset),
          .probes_lost = read(record_.probes_lost),
          .refused = read(record_.refused)};
}

}  // namespace latchkey::shm
