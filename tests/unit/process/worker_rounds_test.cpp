// SPDX-License-Identifier: Apache-2.0
// Who is served when many are ready, and which worker wakes for whom.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "base/descriptor.h"
#include "base/epoll.h"
#include "base/log.h"
#include "process/contract.h"
#include "process/test_process.h"
#include "process/worker_loop.h"
#include "process/worker_loop_fixture.h"

namespace latchkey::process {
namespace {

TEST_F(WorkerLoop, WatchesKeptConnectionsWithTheListeningSocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const base::Descriptor ours(ends[0]);
  const base::Descriptor theirs(ends[1]);
  class Keeping final : public Service {
   public:
    using Service::Service;
    Served serve_kept(const base::Epoll::Ready& ready) override {
      char byte = 0;
      if (read(ready.fd, &byte, 1) != 1) return Served::kNothing;
      test::send_text(ready.fd, std::string("kept ") + byte + "\n");
      return Served::kServed;
    }
  };
  ChildProcess worker([&] {
    Keeping keeping(socket_.fd());
    base::Epoll epoll;
    if (!epoll.add(theirs.get())) return kExitOsError;
    return run({.max_requests = 3}, epoll, keeping);
  });
  test::send_text(ours.get(), "a");
  EXPECT_EQ(test::read_line(ours.get()), "kept a");
  EXPECT_EQ(request(), "in hand, done");
  test::send_text(ours.get(), "b");
  EXPECT_EQ(test::read_line(ours.get()), "kept b");
  EXPECT_EQ(worker.wait(), kExitDone);
}

// Three kept connections that always have something to say, since nobody reads it.
class Talkers {
 public:
  explicit Talkers(base::Epoll& epoll) {
    for (Pair& pair : pairs_) {
      std::array<int, 2> ends{};
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) continue;
      pair = {base::Descriptor(ends[0]), base::Descriptor(ends[1])};
      test::send_text(ends[1], "without end");
      EXPECT_TRUE(epoll.add(ends[0]));
    }
  }

  // Its number, as a digit.
  [[nodiscard]] char digit_of(int fd) const {
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (pairs_.at(i).kept.get() == fd) return static_cast<char>('0' + i);
    }
    return '?';
  }

 private:
  struct Pair {
    base::Descriptor kept;
    base::Descriptor other_end;
  };
  std::array<Pair, 3> pairs_;
};

// Kept connections, and as many in the backlog; each piece of work leaves a letter and takes its
// time.
class Crowded final : public WorkerCallbacks {
 public:
  Crowded(int listen_fd, base::Epoll& epoll, std::chrono::milliseconds work)
      : listen_fd_(listen_fd), work_(work), talkers_(epoll) {}

  Served serve_one() override {
    const base::Descriptor peer(accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC));
    return peer ? note('n') : Served::kNothing;
  }
  Served serve_kept(const base::Epoll::Ready& /*ready*/) override { return note('k'); }
  void leaving(LeaveReason /*reason*/) override { test::send_text(report_fd, notes_ + "\n"); }

  int report_fd = -1;

 private:
  Served note(char letter) {
    notes_ += letter;
    if (notes_.size() == 1) raise(SIGTERM);  // noticed when the round ends
    std::this_thread::sleep_for(work_);
    return Served::kServed;
  }

  int listen_fd_;
  std::chrono::milliseconds work_;
  Talkers talkers_;
  std::string notes_;
};

class Rounds : public WorkerLoop {
 protected:
  // What is served in the first round.
  std::string served(std::chrono::milliseconds work) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return "no socket";
    const base::Descriptor ours(ends[0]);
    const base::Descriptor theirs(ends[1]);
    std::array<base::Descriptor, 3> backlog;
    for (base::Descriptor& client : backlog) client = test::connect_to(path_);
    ChildProcess worker([&] {
      base::Epoll epoll;
      Crowded crowded(socket_.fd(), epoll, work);
      crowded.report_fd = theirs.get();
      return run({}, epoll, crowded);
    });
    return test::read_line(ours.get());
  }
};

TEST_F(Rounds, KeptAndNewConnectionsTakeTurns) {
  EXPECT_EQ(served(std::chrono::milliseconds(0)), "nknknk");
}

// But not before a kept connection was served: no other worker can.
TEST_F(Rounds, ARoundThatLastsEndsEarly) { EXPECT_EQ(served(std::chrono::milliseconds(25)), "nk"); }

// A round has time for one.
TEST_F(Rounds, EachKeptConnectionHasItsTurn) {
  class Talkative final : public WorkerCallbacks {
   public:
    explicit Talkative(base::Epoll& epoll) : talkers_(epoll) {}
    Served serve_one() override { return Served::kNothing; }
    Served serve_kept(const base::Epoll::Ready& ready) override {
      order_ += talkers_.digit_of(ready.fd);
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
      return Served::kServed;
    }
    void leaving(LeaveReason /*reason*/) override {
      base::Logger("test").info("order", {{"order", order_}});
    }

   private:
    Talkers talkers_;
    std::string order_;
  };
  ChildProcess worker([&] {
    base::Epoll epoll;
    Talkative talkative(epoll);
    return run({.max_requests = 6}, epoll, talkative);
  });
  EXPECT_TRUE(worker.says(R"("order":"012012")"));
}

TEST_F(WorkerLoop, FinishesTheRequestInHandAndTakesNoOther) {
  ChildProcess worker = start({});
  const base::Descriptor first = test::connect_to(path_);
  ASSERT_EQ(test::read_line(first.get()), "in hand");
  const base::Descriptor second = test::connect_to(path_);
  worker.send_signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // a request that lasts
  test::send_text(first.get(), "go");
  EXPECT_EQ(test::read_line(first.get()), "done");
  EXPECT_EQ(worker.wait(), kExitDone);
  // The second waits in the backlog for another worker.
  EXPECT_FALSE(test::is_readable(second.get(), 0));
}

// Nobody else was woken.
TEST_F(WorkerLoop, AnswersWhatItWasWokenForAlsoWhenItIsAskedToLeave) {
  ChildProcess worker = start({});
  ASSERT_TRUE(message());
  worker.send_signal(SIGSTOP);
  const base::Descriptor peer = test::connect_to(path_);
  test::send_text(peer.get(), "go");
  worker.send_signal(SIGTERM);
  worker.send_signal(SIGCONT);
  EXPECT_EQ(test::read_line(peer.get()), "in hand");
  EXPECT_EQ(test::read_line(peer.get()), "done");
  EXPECT_EQ(worker.wait(), kExitDone);
}

// How often a process has gone to sleep.
long sleeps(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    long count = 0;
    if (word == "voluntary_ctxt_switches:" && status >> count) return count;
  }
  return -1;
}

TEST_F(WorkerLoop, OneOfThoseThatSleepWakesForAConnection) {
  constexpr int kRequests = 50;
  std::vector<std::unique_ptr<ChildProcess>> workers;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(std::make_unique<ChildProcess>([this] {
      Service service(socket_.fd());
      return run({}, service);
    }));
    ASSERT_TRUE(message());
  }
  EXPECT_EQ(request(), "in hand, done");  // all of them have gone to sleep once
  std::vector<long> before;
  for (const auto& worker : workers) before.push_back(sleeps(worker->pid()));
  for (int i = 0; i < kRequests; ++i) EXPECT_EQ(request(), "in hand, done");
  long all = 0;
  long of_the_busiest = 0;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const long count = sleeps(workers[i]->pid()) - before[i];
    all += count;
    of_the_busiest = std::max(of_the_busiest, count);
  }
  EXPECT_GE(all, kRequests);
  // While the first is on its way back to sleep, the second wakes for the next; a request puts a
  // worker to sleep twice.
  EXPECT_LT(all - of_the_busiest, 2 * kRequests);
}

// Accepts nothing and dies.
class Doomed final : public WorkerCallbacks {
 public:
  Served serve_one() override { _exit(1); }
};

void wait_until_asleep(pid_t pid) {
  for (char state = 0; state != 'S';) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string word;
    ASSERT_TRUE(stat >> word >> word >> state) << "it is gone";
  }
}

class AfterADeath : public WorkerLoop {
 protected:
  // `kept`: a connection that is kept by the worker that lives, or -1.
  void leave_a_connection_behind(int kept) {
    ChildProcess doomed([this] {
      Doomed callbacks;
      return run({}, callbacks);
    });
    ASSERT_TRUE(message());
    wait_until_asleep(doomed.pid());
    setenv("WATCHDOG_USEC", "400000", 1);
    living_ = std::make_unique<ChildProcess>([this, kept] {
      class Echoing final : public Service {
       public:
        using Service::Service;
        Served serve_kept(const base::Epoll::Ready& ready) override {
          char byte = 0;
          return read(ready.fd, &byte, 1) == 1 ? Served::kServed : Served::kNothing;
        }
      } service(socket_.fd());
      base::Epoll epoll;
      if (kept >= 0 && !epoll.add(kept)) return kExitOsError;
      return run({}, epoll, service);
    });
    unsetenv("WATCHDOG_USEC");
    ASSERT_TRUE(message());
    wait_until_asleep(living_->pid());
    behind_ = test::connect_to(path_);
    EXPECT_NE(doomed.wait(), 0);
  }

  std::unique_ptr<ChildProcess> living_;
  base::Descriptor behind_;
};

TEST_F(AfterADeath, AWorkerThatWakesForItsWatchdogFindsTheConnection) {
  leave_a_connection_behind(-1);
  EXPECT_EQ(test::read_line(behind_.get()), "in hand");
}

TEST_F(AfterADeath, AWorkerThatIsNeverIdleFindsTheConnection) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const base::Descriptor ours(ends[0]);
  const base::Descriptor theirs(ends[1]);
  leave_a_connection_behind(theirs.get());
  for (int i = 0; i < 1000 && !test::is_readable(behind_.get(), 5); ++i)
    test::send_text(ours.get(), "x");
  EXPECT_EQ(test::read_line(behind_.get()), "in hand");
}

TEST_F(WorkerLoop, WhatWaitsIsFoundByTheNextWorker) {
  ChildProcess first = start({});
  ASSERT_TRUE(message());
  first.send_signal(SIGSTOP);
  const base::Descriptor waiting = test::connect_to(path_);
  first.send_signal(SIGKILL);
  const ChildProcess second = start({});
  EXPECT_EQ(test::read_line(waiting.get()), "in hand");
}

}  // namespace
}  // namespace latchkey::process
