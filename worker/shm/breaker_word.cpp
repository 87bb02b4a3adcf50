// SPDX-License-Identifier: Apache-2.0
#include "shm/breaker_word.h"

#include <cstdint>
#include <string_view>

namespace latchkey::shm {

namespace {

constexpr unsigned kUntilBits = 32;
constexpr unsigned kCountBits = 10;
constexpr unsigned kEpochBits = 20;
constexpr std::uint32_t kCountMask = (1U << kCountBits) - 1;
constexpr std::uint32_t kEpochMask = (1U << kEpochBits) - 1;

static_assert(2 + kEpochBits + kCountBits + kUntilBits == 64);
static_assert(kMaxThreshold <= kCountMask && kMaxHalfOpenCalls <= kCountMask);
// Of the clock's circle, what is ahead and what has passed must not be taken for each other.
static_assert(kMaxWaitMs < (std::int64_t{1} << (kUntilBits - 1)));

std::uint32_t deadline(std::int64_t now_ms, std::int64_t wait_ms) {
  return static_cast<std::uint32_t>(now_ms + wait_ms);
}

BreakerWord begin_period(const BreakerWord& word, BreakerState state, std::uint32_t count,
                         std::uint32_t until_ms) {
  return {
      .state = state, .epoch = (word.epoch + 1) & kEpochMask, .count = count, .until_ms = until_ms};
}

BreakerDecision stay(const BreakerWord& word) { return {.next = word}; }

BreakerDecision refuse(const BreakerWord& word, std::int64_t retry_after_ms) {
  return {.next = word, .retry_after_ms = retry_after_ms};
}

BreakerDecision open(const BreakerWord& word, std::int64_t now_ms, const BreakerOptions& options) {
  return {.next = begin_period(word, BreakerState::kOpen, 0, deadline(now_ms, options.timeout_ms)),
          .transition = BreakerTransition::kOpened};
}

BreakerDecision close(const BreakerWord& word, BreakerTransition transition) {
  return {.next = begin_period(word, BreakerState::kClosed, 0, 0), .transition = transition};
}

// The first probe of a new half-open period.
BreakerDecision begin_probing(const BreakerWord& word, BreakerTransition transition,
                              std::int64_t now_ms, const BreakerOptions& options) {
  const BreakerWord next =
      begin_period(word, BreakerState::kHalfOpen, 1, deadline(now_ms, options.lease_ms));
  return {.next = next,
          .transition = transition,
          .ticket = BreakerTicket{.epoch = next.epoch, .is_probe = true}};
}

BreakerDecision admit_half_open(const BreakerWord& word, std::int64_t now_ms,
                                const BreakerOptions& options) {
  const std::int64_t wait_ms = remaining_ms(word, now_ms, options);
  if (word.count > 0 && wait_ms == 0) {
    return begin_probing(word, BreakerTransition::kProbesLost, now_ms, options);
  }
  if (word.count >= options.half_open_max_calls) {
    return refuse(word, wait_ms);
  }
  BreakerDecision granted = stay(word);
  granted.next.count = word.count + 1;
  granted.next.until_ms = deadline(now_ms, options.lease_ms);
  granted.ticket = BreakerTicket{.epoch = word.epoch, .is_probe = true};
  return granted;
}

BreakerDecision admit(const BreakerWord& word, std::int64_t now_ms, const BreakerOptions& options) {
  switch (word.state) {
    case BreakerState::kClosed: {
      BreakerDecision granted = stay(word);
      granted.ticket = BreakerTicket{.epoch = word.epoch, .is_probe = false};
      return granted;
    }
    case BreakerState::kHalfOpen:
      return admit_half_open(word, now_ms, options);
    case BreakerState::kOpen:
      break;
  }
  if (const std::int64_t wait_ms = remaining_ms(word, now_ms, options); wait_ms > 0) {
    return refuse(word, wait_ms);
  }
  return begin_probing(word, BreakerTransition::kHalfOpened, now_ms, options);
}

// A call of a closed period: its verdict is one of many, and the count decides.
BreakerDecision count_call(const BreakerWord& word, BreakerEvent::Kind verdict, std::int64_t now_ms,
                           const BreakerOptions& options) {
  BreakerDecision counted = stay(word);
  if (verdict == BreakerEvent::Kind::kSuccess) {
    counted.next.count = 0;
  } else if (verdict == BreakerEvent::Kind::kFailure) {
    if (word.count + 1 >= options.threshold) {
      return open(word, now_ms, options);
    }
    counted.next.count = word.count + 1;
  }
  return counted;
}

// A probe: one verdict ends the period.
BreakerDecision judge_probe(const BreakerWord& word, BreakerEvent::Kind verdict,
                            std::int64_t now_ms, const BreakerOptions& options) {
  if (verdict == BreakerEvent::Kind::kSuccess) {
    return close(word, BreakerTransition::kClosed);
  }
  if (verdict == BreakerEvent::Kind::kFailure) {
    return open(word, now_ms, options);
  }
  BreakerDecision returned = stay(word);
  returned.next.count = word.count > 0 ? word.count - 1 : 0;
  return returned;
}

BreakerDecision report(const BreakerWord& word, const BreakerEvent& event, std::int64_t now_ms,
                       const BreakerOptions& options) {
  if (event.ticket.epoch != word.epoch) {
    return stay(word);
  }
  if (word.state == BreakerState::kClosed && !event.ticket.is_probe) {
    return count_call(word, event.kind, now_ms, options);
  }
  if (word.state == BreakerState::kHalfOpen && event.ticket.is_probe) {
    return judge_probe(word, event.kind, now_ms, options);
  }
  return stay(word);
}

BreakerDecision reset(const BreakerWord& word) {
  if (word.state != BreakerState::kClosed) {
    return close(word, BreakerTransition::kReset);
  }
  BreakerDecision cleared = stay(word);
  cleared.next.count = 0;
  return cleared;
}

}  // namespace

std::string_view name_of(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kHalfOpen:
      return "half_open";
    case BreakerState::kOpen:
      break;
  }
  return "open";
}

bool is_valid(const BreakerOptions& options) {
  const auto is_wait = [](std::int64_t ms) { return ms >= 1 && ms <= kMaxWaitMs; };
  return options.threshold >= 1 && options.threshold <= kMaxThreshold &&
         options.half_open_max_calls >= 1 && options.half_open_max_calls <= kMaxHalfOpenCalls &&
         is_wait(options.timeout_ms) && is_wait(options.lease_ms);
}

BreakerWord BreakerWord::unpack(std::uint64_t bits) {
  // The fourth value of the two bits is never written; it is read as OPEN, which mends itself.
  const std::uint64_t state = bits >> (kUntilBits + kCountBits + kEpochBits);
  return {.state = state == 3 ? BreakerState::kOpen : static_cast<BreakerState>(state),
          .epoch = static_cast<std::uint32_t>(bits >> (kUntilBits + kCountBits)) & kEpochMask,
          .count = static_cast<std::uint32_t>(bits >> kUntilBits) & kCountMask,
          .until_ms = static_cast<std::uint32_t>(bits)};
}

std::uint64_t BreakerWord::pack() const {
  return (static_cast<std::uint64_t>(state) << (kUntilBits + kCountBits + kEpochBits)) |
         (std::uint64_t{epoch & kEpochMask} << (kUntilBits + kCountBits)) |
         (std::uint64_t{count & kCountMask} << kUntilBits) | until_ms;
}

std::int64_t remaining_ms(const BreakerWord& word, std::int64_t now_ms,
                          const BreakerOptions& options) {
  if (word.state == BreakerState::kClosed) {
    return 0;
  }
  const std::int64_t longest =
      word.state == BreakerState::kOpen ? options.timeout_ms : options.lease_ms;
  const std::int64_t ahead = word.until_ms - static_cast<std::uint32_t>(now_ms);
  return ahead <= longest ? ahead : 0;
}

BreakerDecision decide(const BreakerWord& word, const BreakerEvent& event, std::int64_t now_ms,
                       const BreakerOptions& options) {
  switch (event.kind) {
    case BreakerEvent::Kind::kAdmit:
      return admit(word, now_ms, options);
    case BreakerEvent::Kind::kSuccess:
    case BreakerEvent::Kind::kFailure:
    case BreakerEvent::Kind::kAbandon:
      return report(word, event, now_ms, options);
    case BreakerEvent::Kind::kReset:
      break;
  }
  return reset(word);
}

}  // namespace latchkey::shm
