// SPDX-License-Identifier: Apache-2.0
#pragma once

// The properties, each judged by what was remembered and not by the word:
//   P1 at most N probes are granted and not given back in one half-open period, and the word says
//      how many
//   P2 no verdict is lost: one of the current period has its effect, one of an older period none;
//      consecutive failures open the circuit at the threshold and not before
//   P3 every change of the word's period is one step of the diagram in breaker_word.h, advances the
//      epoch by one, and is announced as that transition by the worker that made it
//   P4 OPEN lets nobody through before the timeout is over
//   P5 a probe is not taken from its holder before its lease is over
//   P6 recovery: if every worker died now, a newcomer would be admitted at once when CLOSED or when
//      a probe is free, else when the timeout is over (OPEN) or when the lease of the latest probe
//      is over (HALF_OPEN); its success would close the circuit
//   P7 a refusal names a wait of 1 to the timeout or the lease

#include <string>

#include "checker.h"
#include "model_state.h"

namespace latchkey::model {

// Thrown where a property does not hold.
struct Violation {
  std::string property;
};

class Properties {
 public:
  explicit Properties(const System& system) : system_(system) {}

  // The moment at which an event takes effect: the word is about to turn from what it is to
  // `worker.next`. Checks that, and remembers what happened.
  void take_effect(State& state, const Worker& worker) const;
  // `is_current`: the word is still what the worker has seen.
  void check_refusal(const State& state, const shm::BreakerWord& seen,
                     const shm::BreakerDecision& decision, bool is_current) const;
  void check_state(const State& state) const;

 private:
  void effect_of_admission(State& state, const Worker& worker,
                           const shm::BreakerWord& before) const;
  static void effect_of_probe(State& state, const Worker& worker, const shm::BreakerWord& after);
  void effect_of_call(State& state, const Worker& worker, const shm::BreakerWord& after) const;
  static void begin_period(State& state, const Worker& worker, const shm::BreakerWord& before,
                           const shm::BreakerWord& after);
  void check_counts(const State& state) const;
  void check_recovery(const State& state) const;

  const System& system_;
};

}  // namespace latchkey::model
