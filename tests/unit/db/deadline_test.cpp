// SPDX-License-Identifier: Apache-2.0
#include "db/deadline.h"

#include <array>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "doubles/fake_clock.h"

namespace latchkey::db {
namespace {

TEST(Deadline, CountsDownToNothing) {
  doubles::FakeClock clock;
  const Deadline deadline(clock, 100);
  EXPECT_EQ(deadline.remaining_ms(), 100);
  clock.advance_ms(99);
  EXPECT_EQ(deadline.remaining_ms(), 1);
  EXPECT_FALSE(deadline.is_over());
  clock.advance_ms(1);
  EXPECT_TRUE(deadline.is_over());
  EXPECT_EQ(deadline.elapsed_ms(), 100);
  clock.advance_ms(1'000);
  EXPECT_EQ(deadline.remaining_ms(), 0);
  EXPECT_EQ(deadline.elapsed_ms(), 1'100);
}

// A nanosecond that remains is a millisecond that remains: a poll of 0 would spin.
TEST(Deadline, RoundsUp) {
  class Nanoseconds final : public base::Clock {
   public:
    [[nodiscard]] std::int64_t wall_ms() const override { return 0; }
    [[nodiscard]] std::int64_t monotonic_ns() const override { return now_ns; }
    std::int64_t now_ns = 0;
  };
  Nanoseconds clock;
  const Deadline deadline(clock, 1);
  clock.now_ns = 999'999;
  EXPECT_EQ(deadline.remaining_ms(), 1);
  EXPECT_FALSE(deadline.is_over());
  clock.now_ns = 1'000'000;
  EXPECT_TRUE(deadline.is_over());
}

int long_waits = 0;
void count_long_wait(void* /*context*/) { ++long_waits; }

class WaitTest : public ::testing::Test {
 public:
  void say_something() const { ASSERT_EQ(write(theirs_.get(), "x", 1), 1); }

 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    ours_ = base::Descriptor(ends[0]);
    theirs_ = base::Descriptor(ends[1]);
    on_long_wait(count_long_wait, nullptr);
    long_waits = 0;
  }
  // The act stays for the whole process.
  void TearDown() override { on_long_wait(nullptr, nullptr); }

  void hear_it() const {
    char byte = 0;
    ASSERT_EQ(read(ours_.get(), &byte, 1), 1);
  }

  base::SystemClock clock_;
  base::Descriptor ours_;
  base::Descriptor theirs_;
};

TEST_F(WaitTest, EndsAtTheDeadline) {
  const Deadline deadline(clock_, 30);
  EXPECT_FALSE(Wait(deadline).until_ready(ours_.get(), POLLIN));
  EXPECT_TRUE(deadline.is_over());
}

// The process may not have been running while it came. Once, or a peer who talks without an end
// would have it go on.
TEST_F(WaitTest, AfterTheDeadlineItLooksOnce) {
  const Deadline deadline(clock_, 0);
  EXPECT_FALSE(Wait(deadline).until_ready(ours_.get(), POLLIN));
  say_something();
  Wait wait(deadline);
  EXPECT_TRUE(wait.until_ready(ours_.get(), POLLIN));
  EXPECT_FALSE(wait.until_ready(ours_.get(), POLLIN));
}

TEST_F(WaitTest, EndsWithWhatItWaitsFor) {
  const Deadline deadline(clock_, 10'000);
  Wait wait(deadline);
  say_something();
  EXPECT_TRUE(wait.until_ready(ours_.get(), POLLIN));
  EXPECT_TRUE(wait.until_ready(ours_.get(), POLLIN | POLLOUT));
  EXPECT_EQ(long_waits, 0);
}

TEST_F(WaitTest, TheEndOfThePeerIsSomethingToRead) {
  const Deadline deadline(clock_, 10'000);
  theirs_ = base::Descriptor();
  EXPECT_TRUE(Wait(deadline).until_ready(ours_.get(), POLLIN));
}

TEST_F(WaitTest, WithoutASocketThereIsNothingToWaitFor) {
  const Deadline deadline(clock_, 10'000);
  EXPECT_FALSE(Wait(deadline).until_ready(-1, POLLIN));
  EXPECT_FALSE(deadline.is_over());
}

TEST_F(WaitTest, ALongOneIsToldOfOnceAndGoesOnToItsDeadline) {
  const Deadline deadline(clock_, 3 * kLongWaitMs);
  EXPECT_FALSE(Wait(deadline).until_ready(ours_.get(), POLLIN));
  EXPECT_TRUE(deadline.is_over());
  EXPECT_EQ(long_waits, 1);
}

TEST_F(WaitTest, AnAnswerMayComeAfterThat) {
  on_long_wait(
      [](void* test) {
        ++long_waits;
        static_cast<const WaitTest*>(test)->say_something();
      },
      this);
  const Deadline deadline(clock_, 10'000);
  EXPECT_TRUE(Wait(deadline).until_ready(ours_.get(), POLLIN));
  EXPECT_EQ(long_waits, 1);
}

TEST_F(WaitTest, AShortOneIsNotLong) {
  const Deadline deadline(clock_, kLongWaitMs / 2);
  EXPECT_FALSE(Wait(deadline).until_ready(ours_.get(), POLLIN));
  EXPECT_EQ(long_waits, 0);
}

// Somebody who talks without an end is waited for as long as somebody silent.
TEST_F(WaitTest, ManyShortOnesMakeALongOne) {
  const Deadline deadline(clock_, 10'000);
  Wait wait(deadline);
  while (long_waits == 0 && !deadline.is_over()) {
    say_something();
    ASSERT_TRUE(wait.until_ready(ours_.get(), POLLIN));
    hear_it();
  }
  EXPECT_EQ(long_waits, 1);
  EXPECT_GE(deadline.elapsed_ms(), kLongWaitMs);
}

}  // namespace
}  // namespace latchkey::db
