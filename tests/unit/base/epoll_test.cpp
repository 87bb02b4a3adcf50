// SPDX-License-Identifier: Apache-2.0
#include "base/epoll.h"

#include <array>
#include <chrono>
#include <fstream>
#include <future>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "base/descriptor.h"

namespace latchkey::base {
namespace {

// A pipe that two threads watch, each with an Epoll of its own.
class EpollTest : public testing::Test {
 protected:
  EpollTest() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return;
    read_end_ = Descriptor(ends[0]);
    write_end_ = Descriptor(ends[1]);
  }

  void send() const { EXPECT_EQ(write(write_end_.get(), "x", 1), 1); }

  // Waits until there is a byte, and takes it.
  std::future<void> sleeper(Epoll& epoll) {
    std::promise<pid_t> born;
    std::future<pid_t> thread = born.get_future();
    auto woken =
        std::async(std::launch::async, [this, &epoll, promise = std::move(born)]() mutable {
          promise.set_value(gettid());
          EXPECT_EQ(epoll.wait(-1).size(), 1U);
          char byte = 0;
          EXPECT_EQ(read(read_end_.get(), &byte, 1), 1);
        });
    const std::string path = "/proc/self/task/" + std::to_string(thread.get()) + "/stat";
    for (std::string word; word != "S";) {
      std::ifstream stat(path);
      stat >> word >> word >> word;
    }
    return woken;
  }

  // The first of two that sleep to be woken, by its number.
  int woken_first(Epoll& one, Epoll& two) {
    std::future<void> first = sleeper(one);
    std::future<void> second = sleeper(two);
    send();
    while (true) {
      for (int i = 0; i < 2; ++i) {
        std::future<void>& each = i == 0 ? first : second;
        if (each.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) continue;
        send();  // for the other one
        return i + 1;
      }
    }
  }

  Descriptor read_end_;
  Descriptor write_end_;
};

TEST_F(EpollTest, TellsWhatIsReadyAndWhatHasEnded) {
  Epoll epoll;
  ASSERT_TRUE(epoll.add(read_end_.get()));
  EXPECT_TRUE(epoll.wait(0).empty());
  send();
  ASSERT_EQ(epoll.wait(0).size(), 1U);
  EXPECT_EQ(epoll.wait(0).front().fd, read_end_.get());  // until it is read
  EXPECT_FALSE(epoll.wait(0).front().has_ended);
  write_end_.reset();
  ASSERT_EQ(epoll.wait(0).size(), 1U);
  EXPECT_TRUE(epoll.wait(0).front().has_ended);
  read_end_.reset();
  EXPECT_TRUE(epoll.wait(0).empty());
}

TEST_F(EpollTest, CannotAddWhatIsNone) {
  Epoll epoll;
  EXPECT_FALSE(epoll.add(-1));
  EXPECT_FALSE(epoll.add_for_one(9999));
}

TEST_F(EpollTest, TheFirstToWatchIsWokenUntilItGoesToTheBack) {
  Epoll one;
  Epoll two;
  ASSERT_TRUE(one.add_for_one(read_end_.get()));
  ASSERT_TRUE(two.add_for_one(read_end_.get()));
  EXPECT_EQ(woken_first(one, two), 1);
  EXPECT_EQ(woken_first(one, two), 1);
  one.to_the_back(read_end_.get());
  EXPECT_EQ(woken_first(one, two), 2);
  two.to_the_back(read_end_.get());
  EXPECT_EQ(woken_first(one, two), 1);
}

TEST_F(EpollTest, WhatIsNotWatchedHasNoPlace) {
  Epoll epoll;
  epoll.to_the_back(read_end_.get());
  send();
  EXPECT_TRUE(epoll.wait(0).empty());
}

}  // namespace
}  // namespace latchkey::base
