// SPDX-License-Identifier: Apache-2.0
#include "db/deadline.h"

#include <array>
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

class SocketTimerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    ours_ = base::Descriptor(ends[0]);
    theirs_ = base::Descriptor(ends[1]);
  }

  // What a read gives that waits for a peer which says nothing.
  [[nodiscard]] ssize_t read_silence() const {
    char byte = 0;
    return read(ours_.get(), &byte, 1);
  }

  base::SystemClock clock_;
  base::Descriptor ours_;
  base::Descriptor theirs_;
};

TEST_F(SocketTimerTest, EndsAReadAtTheDeadline) {
  const Deadline deadline(clock_, 30);
  const SocketTimer timer(ours_.get(), deadline);
  EXPECT_EQ(read_silence(), 0);
  EXPECT_TRUE(deadline.is_over());
}

TEST_F(SocketTimerTest, ADeadlineThatIsOverEndsTheReadAtOnce) {
  const Deadline deadline(clock_, 0);
  const SocketTimer timer(ours_.get(), deadline);
  EXPECT_EQ(read_silence(), 0);
}

TEST_F(SocketTimerTest, LeavesTheSocketAloneOnceItIsGone) {
  const Deadline deadline(clock_, 10);
  { const SocketTimer timer(ours_.get(), deadline); }
  while (!deadline.is_over()) {
  }
  ASSERT_EQ(write(theirs_.get(), "x", 1), 1);
  EXPECT_EQ(read_silence(), 1);
}

volatile int long_waits = 0;
void count_long_wait(void* /*context*/) { long_waits = long_waits + 1; }

// The act stays for the whole process.
class LongWaitTest : public SocketTimerTest {
 protected:
  void SetUp() override {
    SocketTimerTest::SetUp();
    on_long_wait(count_long_wait, nullptr);
    long_waits = 0;
  }
  void TearDown() override { on_long_wait(nullptr, nullptr); }
};

TEST_F(LongWaitTest, IsToldOnceAndTheWaitGoesOnToItsDeadline) {
  const Deadline deadline(clock_, 3 * kLongWaitMs);
  const SocketTimer timer(ours_.get(), deadline);
  EXPECT_EQ(read_silence(), 0);
  EXPECT_TRUE(deadline.is_over());
  EXPECT_EQ(long_waits, 1);
}

TEST_F(LongWaitTest, AnAnswerMayComeAfterThat) {
  const Deadline deadline(clock_, 10'000);
  const SocketTimer timer(ours_.get(), deadline);
  while (long_waits == 0) {
  }
  ASSERT_EQ(write(theirs_.get(), "x", 1), 1);
  EXPECT_EQ(read_silence(), 1);
}

TEST_F(LongWaitTest, AShortWaitIsNone) {
  const Deadline deadline(clock_, kLongWaitMs / 2);
  const SocketTimer timer(ours_.get(), deadline);
  EXPECT_EQ(read_silence(), 0);
  EXPECT_EQ(long_waits, 0);
}

}  // namespace
}  // namespace latchkey::db
