// SPDX-License-Identifier: Apache-2.0
#include "shm/doubts.h"

#include <atomic>
#include <cstring>
#include <span>

namespace latchkey::shm {
namespace {

// The second half of a session id is random: it names the session. Never 0, which is an empty
// entry.
std::uint64_t key_of(const base::Uuid& session, std::int32_t counter) {
  std::uint64_t half = 0;
  std::memcpy(&half, session.bytes().data() + sizeof half, sizeof half);
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  return (half ^ (static_cast<std::uint64_t>(counter) * kOdd)) | 1U;
}

}  // namespace

void Doubts::note(const base::Uuid& session, std::int32_t counter, std::int64_t began_ms_ago) {
  const std::uint64_t number = layout_.doubts_noted.fetch_add(1, std::memory_order_relaxed);
  DoubtRecord& record = layout_.doubts[number % kDoubts];
  const std::int64_t began_ms = clock_.monotonic_ms() - began_ms_ago;
  // Empty while the time changes, so that nobody reads the key of one with the time of another.
  record.key.store(0, std::memory_order_release);
  record.began_ms.store(static_cast<std::uint64_t>(began_ms), std::memory_order_release);
  record.key.store(key_of(session, counter), std::memory_order_release);
}

void Doubts::forget(const base::Uuid& session, std::int32_t counter) {
  for (DoubtRecord& record : layout_.doubts) {
    std::uint64_t key = key_of(session, counter);
    record.key.compare_exchange_strong(key, 0, std::memory_order_acq_rel);
  }
}

std::optional<std::int64_t> Doubts::find(const base::Uuid& session, std::int32_t counter) const {
  // Nearly always there are none.
  if (layout_.doubts_noted.load(std::memory_order_acquire) == 0) return std::nullopt;
  const std::uint64_t key = key_of(session, counter);
  const std::int64_t now_ms = clock_.monotonic_ms();
  std::optional<std::int64_t> longest;
  for (const DoubtRecord& record : layout_.doubts) {
    if (record.key.load(std::memory_order_acquire) != key) continue;
    const auto began_ms =
        static_cast<std::int64_t>(record.began_ms.load(std::memory_order_acquire));
    const std::int64_t age_ms = now_ms - began_ms;
    if (age_ms < 0 || age_ms > kLongestDoubtMs) continue;
    if (!longest || age_ms > *longest) longest = age_ms;
  }
  return longest;
}

}  // namespace latchkey::shm
