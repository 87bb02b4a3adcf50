// SPDX-License-Identifier: Apache-2.0
#include "shm/revocations.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <span>

namespace latchkey::shm {
namespace {

using std::memory_order_acquire;
using std::memory_order_release;

constexpr std::size_t kBucketCount = kRevocations / kRevocationsPerBucket;

// The second half of a session id is random, so it names the session, and says where it stands. A
// key is never 0, which is an empty entry.
struct Place {
  std::uint64_t key;
  std::array<std::size_t, 2> buckets;
};

// Not every bit of it is random, so they are mixed (the finalizer of SplitMix64).
std::uint64_t mixed(std::uint64_t word) {
  word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9U;
  word = (word ^ (word >> 27U)) * 0x94D049BB133111EBU;
  return word ^ (word >> 31U);
}

Place place_of(const base::Uuid& session) {
  std::uint64_t half = 0;
  std::memcpy(&half, session.bytes().data() + sizeof half, sizeof half);
  const std::uint64_t number = mixed(half);
  const std::size_t first = number % kBucketCount;
  // Never the same bucket twice.
  const std::size_t step = 1 + (number >> 32U) % (kBucketCount - 1);
  return {half | 1U, {first, (first + step) % kBucketCount}};
}

std::span<RevocationRecord> bucket(SharedLayout& layout, std::size_t number) {
  return {&layout.revocations[number * kRevocationsPerBucket], kRevocationsPerBucket};
}

std::uint64_t as_word(std::int64_t value) { return static_cast<std::uint64_t>(value); }

// Times only ever move forward: what two workers write at once leaves the later one.
void raise(SharedWord& word, std::int64_t to) {
  std::uint64_t now = word.load(memory_order_acquire);
  while (now < as_word(to) && !word.compare_exchange_weak(now, as_word(to))) {
  }
}

// Takes the record if it is empty or out of date. `until_ms` 0 is the mark of a record that is
// being written: it counts as ended, and nobody else takes it.
bool claim(RevocationRecord& record, std::uint64_t key, std::int64_t now_ms,
           std::int64_t until_ms) {
  std::uint64_t old_key = record.key.load(memory_order_acquire);
  if (old_key == 0) {
    if (!record.key.compare_exchange_strong(old_key, key)) return false;
    raise(record.until_ms, until_ms);
    return true;
  }
  std::uint64_t old_until = record.until_ms.load(memory_order_acquire);
  if (old_until == 0 || old_until > as_word(now_ms)) return false;
  if (!record.until_ms.compare_exchange_strong(old_until, 0)) return false;
  record.key.store(key, memory_order_release);
  record.until_ms.store(as_word(until_ms), memory_order_release);
  return true;
}

// True if the session has an entry already, which then counts until `until_ms` at the least. One
// that is being written, or taken away, at this moment is not relied on.
bool prolong(std::span<RevocationRecord> records, std::uint64_t key, std::int64_t now_ms,
             std::int64_t until_ms) {
  for (RevocationRecord& record : records) {
    if (record.key.load(memory_order_acquire) != key) continue;
    std::uint64_t until = record.until_ms.load(memory_order_acquire);
    while (until > as_word(now_ms)) {
      if (until >= as_word(until_ms)) return true;
      if (record.until_ms.compare_exchange_weak(until, as_word(until_ms))) return true;
    }
  }
  return false;
}

std::size_t live_entries(std::span<const RevocationRecord> records, std::int64_t now_ms) {
  return static_cast<std::size_t>(
      std::ranges::count_if(records, [now_ms](const RevocationRecord& record) {
        if (record.key.load(memory_order_acquire) == 0) return false;
        const std::uint64_t until = record.until_ms.load(memory_order_acquire);
        return until == 0 || until > as_word(now_ms);
      }));
}

}  // namespace

Knowledge Revocations::look_up(const base::Uuid& session, std::int64_t token_age_ms) const {
  const auto now_ms = as_word(clock_.monotonic_ms());
  const Place place = place_of(session);
  for (const std::size_t number : place.buckets) {
    for (const RevocationRecord& record : bucket(layout_, number)) {
      if (record.key.load(memory_order_acquire) != place.key) continue;
      const std::uint64_t until = record.until_ms.load(memory_order_acquire);
      if (until == 0 || until > now_ms) return Knowledge::kEnded;
    }
  }
  if (token_age_ms >= memory_ms()) return Knowledge::kNotSure;
  RevocationState& state = layout_.revocation_state;
  if (state.full_until_ms.load(memory_order_acquire) > now_ms) return Knowledge::kNotSure;
  const std::uint64_t unlisted_ns = state.unlisted_ns.load(memory_order_acquire);
  if (unlisted_ns != 0 && unlisted_ns >= state.learned_ns.load(memory_order_acquire)) {
    return Knowledge::kNotSure;
  }
  return Knowledge::kLives;
}

void Revocations::add(const base::Uuid& session) {
  const std::int64_t now_ms = clock_.monotonic_ms();
  const std::int64_t until_ms = now_ms + memory_ms();
  const Place place = place_of(session);
  const std::array both{bucket(layout_, place.buckets[0]), bucket(layout_, place.buckets[1])};
  for (const auto records : both) {
    if (prolong(records, place.key, now_ms, until_ms)) return;
  }
  // The emptier of the two first, which keeps both from filling up (Azar et al., "Balanced
  // Allocations", 1994).
  const bool second_first = live_entries(both[1], now_ms) < live_entries(both[0], now_ms);
  for (const auto records : {both[second_first ? 1 : 0], both[second_first ? 0 : 1]}) {
    for (RevocationRecord& record : records) {
      if (claim(record, place.key, now_ms, until_ms)) return;
    }
  }
  add_uncounted();
}

void Revocations::add_unlisted() {
  raise(layout_.revocation_state.unlisted_ns, clock_.monotonic_ns());
}

void Revocations::add_uncounted() {
  raise(layout_.revocation_state.full_until_ms, clock_.monotonic_ms() + memory_ms());
}

std::int64_t Revocations::memory_ms() const {
  const auto longest_ms = layout_.revocation_state.memory_ms.load(memory_order_acquire);
  return std::max(memory_ms_, static_cast<std::int64_t>(longest_ms));
}

std::int64_t Revocations::learned_ms_ago() const {
  const RevocationState& state = layout_.revocation_state;
  if (state.memory_ms.load(memory_order_acquire) < as_word(memory_ms_)) return memory_ms_;
  const std::uint64_t learned_ns = state.learned_ns.load(memory_order_acquire);
  const std::int64_t age_ns = clock_.monotonic_ns() - static_cast<std::int64_t>(learned_ns);
  return std::min(memory_ms(), age_ns / 1'000'000);
}

bool Revocations::claim_look(std::int64_t interval_ms) {
  SharedWord& word = layout_.revocation_state.looked_ms;
  std::uint64_t looked_ms = word.load(memory_order_acquire);
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (looked_ms != 0 && now_ms - static_cast<std::int64_t>(looked_ms) < interval_ms) return false;
  return word.compare_exchange_strong(looked_ms, as_word(now_ms));
}

// In this order: whoever is killed in between leaves the whole look to be done again. What others
// added while the first look of a longer memory was under way, they added for a shorter time; the
// next looks find it once more, since each goes back behind the last.
void Revocations::learned(std::int64_t began_ns) {
  raise(layout_.revocation_state.learned_ns, began_ns);
  raise(layout_.revocation_state.memory_ms, memory_ms_);
}

std::size_t count_revocations(const SharedLayout& layout, std::int64_t now_ms) {
  return live_entries({layout.revocations, kRevocations}, now_ms);
}

}  // namespace latchkey::shm
