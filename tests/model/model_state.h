// SPDX-License-Identifier: Apache-2.0
#pragma once

// A state of the modelled system: the shared word, what each worker holds in its registers, and
// what the properties need to remember.
//
// The real system has no bound on time or on epochs, so states are kept in a canonical form that
// makes their number finite and loses nothing:
//  - "now" is always kNow; deadlines move instead. Only their distance from now matters.
//  - The word's epoch is always kEpoch. Epochs are only compared for being equal, and an old one is
//    never equal again, so all old ones are kOldEpoch.
//  - A worker that is about to exchange a word of an old epoch fails in any case: what it read and
//    meant to write is forgotten.
//  - Of deadlines that have passed only the order is kept: they are compared with each other as
//    parts of words, and all are passed.
//  - Ages stop at the age from which on nothing depends on them.
//  - Workers are alike, so their order is of no importance.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "shm/breaker_word.h"

namespace latchkey::model {

inline constexpr std::int64_t kNow = 1'000;
inline constexpr std::uint32_t kEpoch = 100;
inline constexpr std::uint32_t kOldEpoch = 50;
inline constexpr std::size_t kMaxWorkers = 3;

// Where a worker stands. One step leads from each place to the next, and a crash from each to kIdle
// (its successor).
enum class Place : std::uint8_t {
  kIdle,
  kTimed,    // canary only: the clock is read, the word is not
  kLoaded,   // the word is read
  kDecided,  // the clock is read, the decision made, the word not yet exchanged
  kHolding,  // a permit in hand
};

struct Worker {
  Place place = Place::kIdle;
  shm::BreakerEvent::Kind event = shm::BreakerEvent::Kind::kAdmit;
  shm::BreakerTransition transition = shm::BreakerTransition::kNone;  // of the decision
  bool is_granted = false;                                            // of the decision
  bool is_probe = false;       // of the permit in hand, or of the one granted
  bool is_outdated = false;    // the exchange is bound to fail
  std::uint8_t clock_age = 0;  // time since it read the clock
  std::uint32_t ticket_epoch = 0;
  std::uint64_t seen = 0;
  std::uint64_t next = 0;

  auto operator<=>(const Worker&) const = default;
};

struct State {
  std::uint64_t word = 0;
  // What the properties remember, found out without looking at the word.
  std::uint8_t failures = 0;    // consecutive, in this closed period
  std::uint8_t probes = 0;      // granted and not given back, in this half-open period
  std::uint8_t opened_age = 0;  // since the clock reading that opened the circuit
  std::uint8_t probe_age = 0;   // since the clock reading of the latest grant of a probe
  std::array<Worker, kMaxWorkers> workers{};

  bool operator==(const State&) const = default;
};

struct StateHash {
  std::size_t operator()(const State& state) const;
};

// One unit of time passes. Ages stop at `oldest`.
void advance_time(State& state, std::uint8_t oldest);

// `forget_outdated` is off for the canary that exchanges blindly.
void make_canonical(State& state, bool forget_outdated);

}  // namespace latchkey::model
