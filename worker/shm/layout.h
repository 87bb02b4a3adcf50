// SPDX-License-Identifier: Apache-2.0
#pragma once

// What lies where in the shared segment.
//
// Programs of different ages map the same bytes, so the layout of one version never changes: the
// assertions below freeze it. A new section (the metrics, the scoreboard) goes to the end of
// SharedLayout, starts a cache line, and takes the next kLayoutVersion: another version is another
// file, and an old and a new program run side by side during an upgrade.
//
// Everything is a lock-free atomic, and no value needs a second one to make sense: a process may be
// killed between any two writes. No pointers: every process maps the segment elsewhere. All zeros
// is the valid first state of every section but the header.
//
// Used in every process that attaches the segment. No code, so no failures.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace latchkey::shm {

using SharedWord = std::atomic<std::uint64_t>;

inline constexpr std::size_t kCacheLine = 64;
inline constexpr std::uint64_t kSegmentMagic = 0x59454b484354414cU;  // "LATCHKEY" in the file
inline constexpr std::uint64_t kLayoutVersion = 1;

struct alignas(kCacheLine) SegmentHeader {
  SharedWord magic;
  SharedWord layout_version;
  SharedWord size_bytes;
};

// One circuit breaker. `word` is the whole state (breaker_word.h); the counters only ever grow and
// lie on a cache line of their own, so that counting refusals does not slow the word down.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the padding is the point.
struct alignas(kCacheLine) BreakerRecord {
  SharedWord word;
  alignas(kCacheLine) SharedWord opened;
  SharedWord half_opened;
  SharedWord closed;
  SharedWord reset;
  SharedWord probes_lost;
  SharedWord refused;
};

struct SharedLayout {
  SegmentHeader header;
  BreakerRecord database_breaker;
};

static_assert(SharedWord::is_always_lock_free);
static_assert(sizeof(SharedWord) == sizeof(std::uint64_t), "an atomic that hides a lock");
static_assert(std::is_standard_layout_v<SharedLayout>);
static_assert(std::is_trivially_destructible_v<SharedLayout>);

static_assert(kLayoutVersion == 1, "a new version: freeze its offsets and sizes here");
static_assert(sizeof(SegmentHeader) == 64);
static_assert(offsetof(SegmentHeader, magic) == 0);
static_assert(offsetof(SegmentHeader, layout_version) == 8);
static_assert(offsetof(SegmentHeader, size_bytes) == 16);
static_assert(sizeof(BreakerRecord) == 128);
static_assert(offsetof(BreakerRecord, word) == 0);
static_assert(offsetof(BreakerRecord, opened) == 64);
static_assert(offsetof(BreakerRecord, half_opened) == 72);
static_assert(offsetof(BreakerRecord, closed) == 80);
static_assert(offsetof(BreakerRecord, reset) == 88);
static_assert(offsetof(BreakerRecord, probes_lost) == 96);
static_assert(offsetof(BreakerRecord, refused) == 104);
static_assert(offsetof(SharedLayout, header) == 0);
static_assert(offsetof(SharedLayout, database_breaker) == 64);
static_assert(sizeof(SharedLayout) == 192);

}  // namespace latchkey::shm
