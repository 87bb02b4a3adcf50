// SPDX-License-Identifier: Apache-2.0
#include "properties.h"

#include <algorithm>
#include <cstdint>

namespace latchkey::model {

namespace {

using shm::BreakerDecision;
using shm::BreakerState;
using shm::BreakerTransition;
using shm::BreakerWord;
using Kind = shm::BreakerEvent::Kind;

void require(bool holds, const char* property) {
  if (!holds) {
    throw Violation{property};
  }
}

bool is_legal(const BreakerWord& before, const BreakerWord& after, BreakerTransition transition) {
  if (transition == BreakerTransition::kNone) {
    return before.state == after.state && before.epoch == after.epoch;
  }
  if (after.epoch != before.epoch + 1) {
    return false;
  }
  switch (transition) {
    case BreakerTransition::kOpened:
      return before.state != BreakerState::kOpen && after.state == BreakerState::kOpen;
    case BreakerTransition::kHalfOpened:
      return before.state == BreakerState::kOpen && after.state == BreakerState::kHalfOpen;
    case BreakerTransition::kProbesLost:
      return before.state == BreakerState::kHalfOpen && after.state == BreakerState::kHalfOpen;
    case BreakerTransition::kClosed:
      return before.state == BreakerState::kHalfOpen && after.state == BreakerState::kClosed;
    case BreakerTransition::kReset:
      return before.state != BreakerState::kClosed && after.state == BreakerState::kClosed;
    case BreakerTransition::kNone:
      break;
  }
  return false;
}

}  // namespace

void Properties::take_effect(State& state, const Worker& worker) const {
  const BreakerWord before = BreakerWord::unpack(state.word);
  const BreakerWord after = BreakerWord::unpack(worker.next);
  require(is_legal(before, after, worker.transition), "P3 legal and announced transitions");
  const bool is_of_this_period = worker.ticket_epoch == before.epoch;
  switch (worker.event) {
    case Kind::kAdmit:
      effect_of_admission(state, worker, before);
      break;
    case Kind::kReset:
      require(after.state == BreakerState::kClosed, "P2 a reset closes");
      state.failures = 0;
      break;
    case Kind::kSuccess:
    case Kind::kFailure:
    case Kind::kAbandon:
      if (!is_of_this_period) {
        require(before == after, "P2 an old report has no effect");
      } else if (worker.is_probe) {
        effect_of_probe(state, worker, after);
      } else {
        effect_of_call(state, worker, after);
      }
      break;
  }
  begin_period(state, worker, before, after);
}

void Properties::effect_of_admission(State& state, const Worker& worker,
                                     const BreakerWord& before) const {
  if (!worker.is_granted) {
    return;
  }
  if (!worker.is_probe) {
    require(before.state == BreakerState::kClosed, "P1 only CLOSED admits without a probe");
    return;
  }
  if (worker.transition == BreakerTransition::kHalfOpened) {
    require(state.opened_age >= system_.options.timeout_ms, "P4 OPEN lasts for the timeout");
    state.probes = 0;
  } else if (worker.transition == BreakerTransition::kProbesLost) {
    require(state.probe_age >= system_.options.lease_ms, "P5 a lease is kept");
    state.probes = 0;
  }
  ++state.probes;
  state.probe_age = worker.clock_age;
  require(state.probes <= system_.options.half_open_max_calls, "P1 at most N probes");
}

void Properties::effect_of_probe(State& state, const Worker& worker, const BreakerWord& after) {
  if (worker.event == Kind::kAbandon) {
    require(after.state == BreakerState::kHalfOpen, "P2 abandoning is no verdict");
    --state.probes;
    state.probe_age = state.probes == 0 ? 0 : state.probe_age;
    return;
  }
  require(
      after.state == (worker.event == Kind::kSuccess ? BreakerState::kClosed : BreakerState::kOpen),
      "P2 the verdict of a probe has its effect");
}

void Properties::effect_of_call(State& state, const Worker& worker,
                                const BreakerWord& after) const {
  if (worker.event == Kind::kSuccess) {
    state.failures = 0;
  } else if (worker.event == Kind::kFailure) {
    ++state.failures;
  }
  const bool must_open = state.failures >= system_.options.threshold;
  require(after.state == (must_open ? BreakerState::kOpen : BreakerState::kClosed),
          "P2 the circuit opens at the threshold and not before");
}

void Properties::begin_period(State& state, const Worker& worker, const BreakerWord& before,
                              const BreakerWord& after) {
  if (before.epoch == after.epoch) {
    return;
  }
  state.failures = 0;
  state.opened_age = after.state == BreakerState::kOpen ? worker.clock_age : 0;
  if (after.state != BreakerState::kHalfOpen) {
    state.probes = 0;
  }
  if (state.probes == 0) {
    state.probe_age = 0;
  }
}

void Properties::check_refusal(const State& state, const BreakerWord& seen,
                               const BreakerDecision& decision, bool is_current) const {
  const bool is_open = seen.state == BreakerState::kOpen;
  const std::int64_t longest = is_open ? system_.options.timeout_ms : system_.options.lease_ms;
  require(decision.retry_after_ms >= 1 && decision.retry_after_ms <= longest,
          "P7 a refusal names its wait");
  require(seen.state != BreakerState::kClosed, "P6 CLOSED refuses nobody");
  if (is_current && !is_open) {
    require(state.probes >= system_.options.half_open_max_calls, "P6 a free probe is granted");
  }
}

void Properties::check_counts(const State& state) const {
  const BreakerWord word = BreakerWord::unpack(state.word);
  if (word.state == BreakerState::kHalfOpen) {
    require(word.count == state.probes, "P1 the word counts the probes");
  } else if (word.state == BreakerState::kClosed) {
    require(word.count == state.failures && state.failures < system_.options.threshold,
            "P2 the word counts the failures");
  }
}

void Properties::check_recovery(const State& state) const {
  const BreakerWord word = BreakerWord::unpack(state.word);
  std::int64_t wait = 0;
  if (word.state == BreakerState::kOpen) {
    wait = system_.options.timeout_ms - state.opened_age;
  } else if (word.state == BreakerState::kHalfOpen &&
             state.probes >= system_.options.half_open_max_calls) {
    wait = system_.options.lease_ms - state.probe_age;
  }
  const std::int64_t then = kNow + std::max<std::int64_t>(wait, 0);
  const BreakerDecision admitted =
      system_.rules(word, {.kind = Kind::kAdmit}, then, system_.options);
  require(admitted.ticket.has_value(), "P6 a newcomer is admitted in time");
  const BreakerDecision reported = system_.rules(
      admitted.next, {.kind = Kind::kSuccess, .ticket = *admitted.ticket}, then, system_.options);
  require(reported.next.state == BreakerState::kClosed, "P6 its success closes the circuit");
}

void Properties::check_state(const State& state) const {
  check_counts(state);
  check_recovery(state);
}

}  // namespace latchkey::model
