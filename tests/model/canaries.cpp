// SPDX-License-Identifier: Apache-2.0
#include "canaries.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace latchkey::model {

namespace {

using shm::BreakerDecision;
using shm::BreakerEvent;
using shm::BreakerOptions;
using shm::BreakerState;
using shm::BreakerTransition;
using shm::BreakerWord;
using Kind = BreakerEvent::Kind;

constexpr BreakerOptions kOptions{
    .threshold = 2, .timeout_ms = 2, .half_open_max_calls = 2, .lease_ms = 2};

Canary with_rules(const char* fault, Rules rules) {
  return {.fault = fault, .system = {.workers = 3, .options = kOptions, .rules = std::move(rules)}};
}

BreakerDecision one_probe_too_many(const BreakerWord& word, const BreakerEvent& event,
                                   std::int64_t now_ms, const BreakerOptions& options) {
  BreakerOptions wrong = options;
  ++wrong.half_open_max_calls;
  return shm::decide(word, event, now_ms, wrong);
}

BreakerDecision opens_one_late(const BreakerWord& word, const BreakerEvent& event,
                               std::int64_t now_ms, const BreakerOptions& options) {
  BreakerOptions wrong = options;
  ++wrong.threshold;
  return shm::decide(word, event, now_ms, wrong);
}

BreakerDecision believes_late_reports(const BreakerWord& word, const BreakerEvent& event,
                                      std::int64_t now_ms, const BreakerOptions& options) {
  const BreakerEvent wrong{
      .kind = event.kind,
      .ticket = {.epoch = word.epoch, .is_probe = word.state == BreakerState::kHalfOpen}};
  return shm::decide(word, wrong, now_ms, options);
}

BreakerDecision keeps_the_epoch(const BreakerWord& word, const BreakerEvent& event,
                                std::int64_t now_ms, const BreakerOptions& options) {
  BreakerDecision wrong = shm::decide(word, event, now_ms, options);
  wrong.next.epoch = word.epoch;
  if (wrong.ticket) {
    wrong.ticket->epoch = word.epoch;
  }
  return wrong;
}

BreakerDecision never_ends_a_lease(const BreakerWord& word, const BreakerEvent& event,
                                   std::int64_t now_ms, const BreakerOptions& options) {
  const BreakerDecision right = shm::decide(word, event, now_ms, options);
  if (right.transition != BreakerTransition::kProbesLost) {
    return right;
  }
  return {.next = word, .retry_after_ms = 1};
}

BreakerDecision ends_a_lease_early(const BreakerWord& word, const BreakerEvent& event,
                                   std::int64_t now_ms, const BreakerOptions& options) {
  const bool is_waiting = word.state == BreakerState::kHalfOpen && event.kind == Kind::kAdmit;
  return shm::decide(word, event, is_waiting ? now_ms + 1 : now_ms, options);
}

BreakerDecision opens_too_briefly(const BreakerWord& word, const BreakerEvent& event,
                                  std::int64_t now_ms, const BreakerOptions& options) {
  const bool is_waiting = word.state == BreakerState::kOpen && event.kind == Kind::kAdmit;
  return shm::decide(word, event, is_waiting ? now_ms + 1 : now_ms, options);
}

// The fault `ignored` is a report that changes nothing in the given state.
Rules ignores(Kind ignored, BreakerState state) {
  return [=](const BreakerWord& word, const BreakerEvent& event, std::int64_t now_ms,
             const BreakerOptions& options) {
    if (event.kind == ignored && word.state == state) {
      return BreakerDecision{.next = word};
    }
    return shm::decide(word, event, now_ms, options);
  };
}

BreakerDecision announces_nothing(const BreakerWord& word, const BreakerEvent& event,
                                  std::int64_t now_ms, const BreakerOptions& options) {
  BreakerDecision wrong = shm::decide(word, event, now_ms, options);
  wrong.transition = BreakerTransition::kNone;
  return wrong;
}

}  // namespace

std::vector<Canary> canaries() {
  std::vector<Canary> all{
      with_rules("grants one probe too many", one_probe_too_many),
      with_rules("opens one failure too late", opens_one_late),
      with_rules("believes late reports", believes_late_reports),
      with_rules("keeps the epoch", keeps_the_epoch),
      with_rules("never ends a lease", never_ends_a_lease),
      with_rules("ends a lease early", ends_a_lease_early),
      with_rules("opens too briefly", opens_too_briefly),
      with_rules("ignores a failed probe", ignores(Kind::kFailure, BreakerState::kHalfOpen)),
      with_rules("ignores a successful probe", ignores(Kind::kSuccess, BreakerState::kHalfOpen)),
      with_rules("keeps an abandoned probe", ignores(Kind::kAbandon, BreakerState::kHalfOpen)),
      with_rules("does not forget failures", ignores(Kind::kSuccess, BreakerState::kClosed)),
      with_rules("ignores a reset", ignores(Kind::kReset, BreakerState::kOpen)),
      with_rules("announces nothing", announces_nothing),
  };
  all.push_back(with_rules("stores where it must exchange", shm::decide));
  all.back().system.stores_blindly = true;
  all.push_back(with_rules("reads the clock before the word", shm::decide));
  all.back().system.reads_clock_first = true;
  return all;
}

}  // namespace latchkey::model
