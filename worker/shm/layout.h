// SPDX-License-Identifier: Apache-2.0
#pragma once

// What lies where in the shared segment.
//
// Programs of different ages map the same bytes, so the layout of one version never changes: the
// assertions below freeze it. A new section goes to the end of SharedLayout, starts a cache line,
// and takes the next kLayoutVersion: another version is another file, and an old and a new program
// run side by side during an upgrade. What a series or an event stands for belongs to the layout
// too: names are only ever added behind the last one.
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
inline constexpr std::uint64_t kLayoutVersion = 5;

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

// The scoreboard: a line for each slot of each pool, written by the worker that holds the slot.
inline constexpr std::size_t kPools = 2;  // api, hash
inline constexpr std::size_t kSlotsPerPool = 256;

struct alignas(kCacheLine) WorkerRecord {
  SharedWord pid;         // 0: nobody has held the slot yet
  SharedWord state;       // scoreboard.h
  SharedWord started_ms;  // monotonic clock
  SharedWord requests;    // served since it started
};

// Counters of a pool, by all who ever worked in it.
inline constexpr std::size_t kExitReasons = 8;
struct alignas(kCacheLine) PoolRecord {
  SharedWord started;
  SharedWord left[kExitReasons];  // NOLINT(*-avoid-c-arrays): a fixed place in the file
};

// The metrics: counters that only ever grow. Each worker adds to one of several stripes, so that
// the processors do not fight over the lines that every request touches; a reader adds them up.
inline constexpr std::size_t kStripes = 16;
inline constexpr std::size_t kRouteSeries = 32;
inline constexpr std::size_t kStatusClasses = 5;  // 1xx to 5xx
inline constexpr std::size_t kBuckets = 15;       // metrics.h has their bounds
inline constexpr std::size_t kErrorSeries = 32;   // base/error_code.h
inline constexpr std::size_t kEventSeries = 32;   // base/events.h

// NOLINTBEGIN(*-avoid-c-arrays)
struct HistogramRecord {
  SharedWord buckets[kBuckets];  // how many were in each, not below its bound altogether
  SharedWord sum_us;
};

struct RouteRecord {
  HistogramRecord duration;
  SharedWord answers[kStatusClasses];
};

struct alignas(kCacheLine) MetricsStripe {
  RouteRecord routes[kRouteSeries];
  HistogramRecord database;
  HistogramRecord hashing;
  HistogramRecord queues[kPools];
  SharedWord errors[kErrorSeries];
  SharedWord events[kEventSeries];
};

// Refreshes in doubt (doubts.h), the newest over the oldest.
inline constexpr std::size_t kDoubts = 1024;
struct DoubtRecord {
  SharedWord key;  // 0: none
  SharedWord began_ms;
};

// Sessions that have ended before their access tokens (revocations.h), in buckets.
inline constexpr std::size_t kRevocationsPerBucket = 8;
inline constexpr std::size_t kRevocations = 65'536;
struct RevocationRecord {
  SharedWord key;       // 0: empty
  SharedWord until_ms;  // monotonic clock; 0 with a key: being written, counts
};

struct alignas(kCacheLine) RevocationState {
  SharedWord looked_ms;      // when somebody last set out to look at the database
  SharedWord learned_ns;     // when the last look that succeeded began
  SharedWord unlisted_ns;    // when sessions were last ended here without their ids being told
  SharedWord full_until_ms;  // until then the set may lack sessions
  SharedWord memory_ms;      // how far back it was whole once, and how long entries are kept since
};

struct SharedLayout {
  SegmentHeader header;
  BreakerRecord database_breaker;
  WorkerRecord workers[kPools][kSlotsPerPool];
  PoolRecord pools[kPools];
  MetricsStripe stripes[kStripes];
  alignas(kCacheLine) SharedWord doubts_noted;
  alignas(kCacheLine) DoubtRecord doubts[kDoubts];
  RevocationState revocation_state;
  alignas(kCacheLine) RevocationRecord revocations[kRevocations];
};
// NOLINTEND(*-avoid-c-arrays)

static_assert(SharedWord::is_always_lock_free);
static_assert(sizeof(SharedWord) == sizeof(std::uint64_t), "an atomic that hides a lock");
static_assert(std::is_standard_layout_v<SharedLayout>);
static_assert(std::is_trivially_destructible_v<SharedLayout>);

static_assert(kLayoutVersion == 5, "a new version: freeze its offsets and sizes here");
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
static_assert(sizeof(WorkerRecord) == 64);
static_assert(offsetof(WorkerRecord, state) == 8);
static_assert(offsetof(WorkerRecord, started_ms) == 16);
static_assert(offsetof(WorkerRecord, requests) == 24);
static_assert(sizeof(PoolRecord) == 128);
static_assert(offsetof(PoolRecord, left) == 8);
static_assert(sizeof(HistogramRecord) == 128);
static_assert(offsetof(HistogramRecord, sum_us) == 120);
static_assert(sizeof(RouteRecord) == 168);
static_assert(offsetof(RouteRecord, answers) == 128);
static_assert(sizeof(MetricsStripe) == 6400);
static_assert(offsetof(MetricsStripe, database) == 5376);
static_assert(offsetof(MetricsStripe, hashing) == 5504);
static_assert(offsetof(MetricsStripe, queues) == 5632);
static_assert(offsetof(MetricsStripe, errors) == 5888);
static_assert(offsetof(MetricsStripe, events) == 6144);
static_assert(offsetof(SharedLayout, workers) == 192);
static_assert(offsetof(SharedLayout, pools) == 32'960);
static_assert(offsetof(SharedLayout, stripes) == 33'216);
static_assert(sizeof(DoubtRecord) == 16);
static_assert(offsetof(SharedLayout, doubts_noted) == 135'616);
static_assert(offsetof(SharedLayout, doubts) == 135'680);
static_assert(sizeof(RevocationRecord) == 16);
static_assert(offsetof(SharedLayout, revocation_state) == 152'064);
static_assert(offsetof(RevocationState, learned_ns) == 8);
static_assert(offsetof(RevocationState, unlisted_ns) == 16);
static_assert(offsetof(RevocationState, full_until_ms) == 24);
static_assert(offsetof(RevocationState, memory_ms) == 32);
static_assert(offsetof(SharedLayout, revocations) == 152'128);
static_assert(sizeof(SharedLayout) == 1'200'704);

}  // namespace latchkey::shm
