// SPDX-License-Identifier: Apache-2.0
#include "checker.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model_state.h"
#include "properties.h"

namespace latchkey::model {

namespace {

using shm::BreakerDecision;
using shm::BreakerEvent;
using shm::BreakerWord;
using Kind = BreakerEvent::Kind;

class Explorer {
 public:
  explicit Explorer(const System& system)
      : system_(system),
        properties_(system),
        oldest_(static_cast<std::uint8_t>(
            std::max(system.options.timeout_ms, system.options.lease_ms))) {}

  Result run() {
    State start{};
    start.word = BreakerWord{.epoch = kEpoch}.pack();
    try {
      add(start, 0, "start");
      for (at_ = 0; at_ < states_.size(); ++at_) {
        expand();
      }
    } catch (const Violation& violation) {
      result_.violation = violation.property;
      write_trace();
    }
    result_.states = states_.size();
    return std::move(result_);
  }

 private:
  struct Node {
    const State* state;  // in known_
    std::size_t parent;
    const char* label;
  };

  void add(State state, std::size_t parent, const char* label) {
    make_canonical(state, !system_.stores_blindly);
    const auto [known, is_new] = known_.insert(state);
    if (!is_new) {
      return;
    }
    states_.push_back({&*known, parent, label});
    label_ = "in the state reached";
    failing_ = states_.size() - 1;
    properties_.check_state(state);
  }

  // `step` makes one successor of the state at hand.
  template <typename Step>
  void follow(const char* label, Step step) {
    State state = *states_[at_].state;
    label_ = label;
    failing_ = at_;
    step(state);
    add(state, at_, label);
  }

  void expand() {
    follow("time advances", [&](State& state) { advance_time(state, oldest_); });
    for (std::size_t i = kMaxWorkers - system_.workers; i < kMaxWorkers; ++i) {
      expand_worker(i);
    }
  }

  void expand_worker(std::size_t i) {
    const auto begin = [&](const char* label, Kind event) {
      follow(label, [&](State& state) { begin_event(state, state.workers[i], event); });
    };
    const Place place = states_[at_].state->workers[i].place;
    if (place != Place::kIdle) {
      follow("a worker dies", [&](State& state) { state.workers[i] = {}; });
    }
    switch (place) {
      case Place::kIdle:
        begin("load, to be admitted", Kind::kAdmit);
        begin("load, to reset", Kind::kReset);
        break;
      case Place::kHolding:
        begin("load, to report success", Kind::kSuccess);
        begin("load, to report failure", Kind::kFailure);
        begin("load, to abandon", Kind::kAbandon);
        break;
      case Place::kTimed:
        follow("load after the clock", [&](State& state) {
          Worker& worker = state.workers[i];
          worker.seen = state.word;
          decide_now(state, worker, kNow - worker.clock_age);
        });
        break;
      case Place::kLoaded:
        follow("read the clock, decide", [&](State& state) {
          state.workers[i].clock_age = 0;
          decide_now(state, state.workers[i], kNow);
        });
        break;
      case Place::kDecided:
        follow("exchange", [&](State& state) { exchange(state, state.workers[i]); });
        break;
    }
  }

  void begin_event(State& state, Worker& worker, Kind event) const {
    worker.event = event;
    worker.clock_age = 0;
    if (system_.reads_clock_first) {
      worker.place = Place::kTimed;
    } else {
      worker.place = Place::kLoaded;
      worker.seen = state.word;
    }
  }

  void decide_now(State& state, Worker& worker, std::int64_t now) {
    if (worker.is_outdated) {
      // What it decides depends on a word that is gone. If it writes, the exchange fails; if it
      // does not, it is done, or holds a permit of an old period: both are reached from here too.
      finish_outdated(state, worker);
      return;
    }
    const BreakerWord seen = BreakerWord::unpack(worker.seen);
    const BreakerEvent event{.kind = worker.event,
                             .ticket = {.epoch = worker.ticket_epoch, .is_probe = worker.is_probe}};
    const BreakerDecision decision = system_.rules(seen, event, now, system_.options);
    const bool is_current = worker.seen == state.word;
    if (worker.event == Kind::kAdmit && !decision.ticket) {
      properties_.check_refusal(state, seen, decision, is_current);
    }
    worker.place = Place::kDecided;
    worker.next = decision.next.pack();
    worker.transition = decision.transition;
    worker.is_granted = decision.ticket.has_value();
    if (decision.ticket) {
      worker.ticket_epoch = decision.ticket->epoch;
      worker.is_probe = decision.ticket->is_probe;
    }
    if (worker.next == worker.seen) {
      if (is_current) {
        properties_.take_effect(state, worker);
      }
      finish(worker);
    }
  }

  void finish_outdated(State& state, Worker& worker) {
    const auto other = [&](const char* label, auto change) {
      State copy = state;
      const auto i = static_cast<std::size_t>(&worker - state.workers.data());
      change(copy.workers[i]);
      add(copy, at_, label);
    };
    other("decide on a word that is gone, write nothing", [](Worker& w) { w = {}; });
    if (worker.event == Kind::kAdmit) {
      other("admitted on a word that is gone", [](Worker& w) {
        w = {};
        w.place = Place::kHolding;
        w.ticket_epoch = kOldEpoch;
      });
    }
    worker.place = Place::kDecided;
  }

  void exchange(State& state, Worker& worker) {
    if (!system_.stores_blindly && (worker.is_outdated || worker.seen != state.word)) {
      ++result_.failed_exchanges;
      retry(state, worker);
      return;
    }
    ++result_.transitions.at(static_cast<std::size_t>(worker.transition));
    properties_.take_effect(state, worker);
    state.word = worker.next;
    finish(worker);
  }

  // The failed exchange has loaded the word as it is.
  void retry(State& state, Worker& worker) const {
    const Worker old = worker;
    worker = {};
    if (old.event != Kind::kAdmit && old.event != Kind::kReset) {
      worker.ticket_epoch = old.ticket_epoch;
      worker.is_probe = old.is_probe;
    }
    begin_event(state, worker, old.event);
  }

  static void finish(Worker& worker) {
    const Worker done = worker;
    worker = {};
    if (done.event == Kind::kAdmit && done.is_granted) {
      worker.place = Place::kHolding;
      worker.ticket_epoch = done.ticket_epoch;
      worker.is_probe = done.is_probe;
    }
  }

  void write_trace() {
    std::vector<std::string> reversed{label_};
    for (std::size_t i = failing_; i != 0; i = states_[i].parent) {
      reversed.emplace_back(states_[i].label);
    }
    result_.trace.assign(reversed.rbegin(), reversed.rend());
  }

  const System& system_;
  Properties properties_;
  std::uint8_t oldest_;
  Result result_;
  std::unordered_set<State, StateHash> known_;
  std::vector<Node> states_;  // in the order of discovery, so the ways to them are the shortest
  std::size_t at_ = 0;
  // Where a violation would have happened: the last state before it and the step from there.
  std::size_t failing_ = 0;
  const char* label_ = "start";
};

}  // namespace

Result explore(const System& system) { return Explorer(system).run(); }

}  // namespace latchkey::model
