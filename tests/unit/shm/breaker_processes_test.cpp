// SPDX-License-Identifier: Apache-2.0

// The breaker under real processes, some of which are killed at random moments.

#include <array>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <new>
#include <random>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "shm/breaker.h"
#include "shm/children.h"
#include "shm/segment.h"

namespace latchkey::shm {
namespace {

constexpr std::uint32_t kProbes = 2;
constexpr BreakerOptions kOptions{
    .threshold = 3, .timeout_ms = 2, .half_open_max_calls = kProbes, .lease_ms = 20};

// What the children tell the test, in memory of its own.
struct Tally {
  std::atomic<std::uint64_t> calls;
  std::atomic<std::uint64_t> transitions;
  // Probes of each period that were granted and not given back. It may fall behind the truth when
  // a child is killed between the act and the note, and never runs ahead of it.
  std::array<std::atomic<std::uint32_t>, 1U << 20U> probes;
  std::atomic<std::uint64_t> periods_over_the_limit;
};

class SharedTally {
 public:
  SharedTally()
      : memory_(mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                     0)) {
    if (memory_ == MAP_FAILED) {
      throw std::bad_alloc();
    }
  }
  SharedTally(const SharedTally&) = delete;
  SharedTally& operator=(const SharedTally&) = delete;
  ~SharedTally() { munmap(memory_, sizeof(Tally)); }
  Tally* operator->() const { return static_cast<Tally*>(memory_); }

 private:
  void* memory_;
};

void use(Permit& permit, const SharedTally& tally, std::mt19937& random) {
  const BreakerTicket ticket = permit.ticket();
  if (ticket.is_probe && tally->probes.at(ticket.epoch).fetch_add(1) >= kProbes) {
    tally->periods_over_the_limit.fetch_add(1);
  }
  switch (random() % 8) {
    case 0:
      if (ticket.is_probe) {
        tally->probes.at(ticket.epoch).fetch_sub(1);
      }
      permit.abandon();
      break;
    case 1:
    case 2:
    case 3:
      permit.report_success();
      break;
    default:
      permit.report_failure();
  }
}

[[noreturn]] void call_for_ever(BreakerRecord& record, const SharedTally& tally, unsigned seed) {
  const base::SystemClock clock;
  std::mt19937 random(seed);
  Breaker breaker(record, kOptions, clock,
                  [&](const BreakerChange&) { tally->transitions.fetch_add(1); });
  for (;;) {
    auto answer = breaker.admit();
    if (auto* permit = std::get_if<Permit>(&answer)) {
      use(*permit, tally, random);
    }
    tally->calls.fetch_add(1);
  }
}

std::uint64_t sum_of_counters(const BreakerRecord& record) {
  return record.opened + record.half_opened + record.closed + record.reset + record.probes_lost;
}

// Asks until a call is admitted, and reports success; the milliseconds that took.
std::int64_t recover(Breaker& breaker, const base::Clock& clock) {
  const std::int64_t start_ms = clock.monotonic_ms();
  for (;;) {
    auto answer = breaker.admit();
    if (auto* permit = std::get_if<Permit>(&answer)) {
      permit->report_success();
      return clock.monotonic_ms() - start_ms;
    }
    const auto wait_ms = std::get<Refusal>(answer).retry_after_ms;
    const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(wait_ms) * 1'000'000};
    nanosleep(&pause, nullptr);
  }
}

TEST(BreakerProcesses, SurviveKillsAtRandomMoments) {
  constexpr int kWorkers = 3;
  constexpr std::uint64_t kKills = 200;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Segment segment = Segment::make_private();
  BreakerRecord& record = segment.layout().database_breaker;
  const SharedTally tally;
  const auto start = [&] {
    return Child([&, child_seed = static_cast<unsigned>(random())]() -> int {
      call_for_ever(record, tally, child_seed);
    });
  };
  std::vector<Child> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.push_back(start());
  }
  for (std::uint64_t kill = 0; kill < kKills; ++kill) {
    const std::uint64_t until = tally->calls.load() + random() % 2'000;
    while (tally->calls.load() < until) {
      sched_yield();
    }
    Child& victim = workers.at(random() % workers.size());
    victim.kill_and_wait();
    victim = start();
  }
  workers.clear();

  EXPECT_EQ(tally->periods_over_the_limit.load(), 0U);
  // Each change of state advanced the epoch by one, was counted by one process and told to its
  // listener; only a kill between two of these may leave one out.
  const std::uint64_t epochs = BreakerWord::unpack(record.word.load()).epoch;
  ASSERT_LT(sum_of_counters(record), 1U << 20U) << "the epoch has wrapped: shorten the test";
  EXPECT_LE(sum_of_counters(record), epochs);
  EXPECT_GE(sum_of_counters(record) + kKills + kWorkers, epochs);
  EXPECT_LE(tally->transitions.load(), sum_of_counters(record));
  EXPECT_GE(tally->transitions.load() + kKills + kWorkers, sum_of_counters(record));
  EXPECT_GT(record.opened.load(), 10U);
  EXPECT_GT(record.closed.load(), 10U);
  EXPECT_GT(record.refused.load(), 10U);

  const base::SystemClock clock;
  Breaker breaker(record, kOptions, clock);
  // Generous for a busy machine; what is measured is that it ends.
  EXPECT_LT(recover(breaker, clock), 1'000);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST(BreakerProcesses, NobodyIsCountedTwiceWhenAllFailAtOnce) {
  constexpr std::uint64_t kWorkers = 8;
  for (int round = 0; round < 20; ++round) {
    const Segment segment = Segment::make_private();
    BreakerRecord& record = segment.layout().database_breaker;
    const BreakerOptions options{.threshold = kWorkers, .timeout_ms = 60'000};
    Gate gate;
    std::vector<Child> workers;
    for (std::uint64_t i = 0; i < kWorkers; ++i) {
      workers.emplace_back([&] {
        const base::SystemClock clock;
        Breaker breaker(record, options, clock);
        gate.pass();
        auto answer = breaker.admit();
        std::get<Permit>(answer).report_failure();
        return 0;
      });
    }
    gate.open();
    for (Child& worker : workers) {
      EXPECT_EQ(worker.wait(), 0);
    }
    const BreakerWord word = BreakerWord::unpack(record.word.load());
    EXPECT_EQ(word.state, BreakerState::kOpen);
    EXPECT_EQ(word.epoch, 1U);
    EXPECT_EQ(record.opened.load(), 1U);
  }
}

// A probe holder dies with kill -9; another process gets the probe when the lease is over.
TEST(BreakerProcesses, AKilledProbeHolderIsReplacedAfterItsLease) {
  const base::SystemClock clock;
  const Segment segment = Segment::make_private();
  BreakerRecord& record = segment.layout().database_breaker;
  const BreakerOptions options{.threshold = 1, .timeout_ms = 1, .lease_ms = 100};
  Breaker breaker(record, options, clock);
  auto answer = breaker.admit();
  std::get<Permit>(answer).report_failure();
  Child holder([&] {
    Breaker own(record, options, clock);
    auto own_answer = own.admit();
    while (!std::holds_alternative<Permit>(own_answer)) {
      own_answer = own.admit();
    }
    pause();
    return 0;
  });
  while (breaker.state() != BreakerState::kHalfOpen) {
  }
  holder.kill_and_wait();
  EXPECT_LT(recover(breaker, clock), 1'100);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  EXPECT_EQ(record.probes_lost.load(), 1U);
}

}  // namespace
}  // namespace latchkey::shm
