// SPDX-License-Identifier: Apache-2.0
#include "process/worker_loop.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "process/contract.h"
#include "process/listen_socket.h"
#include "process/memory_bound.h"
#include "process/notify_socket.h"
#include "process/poll_timeout.h"
#include "process/test_process.h"

namespace latchkey::process {
namespace {

using test::ChildProcess;
using test::TemporaryDirectory;

class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(std::byte byte) : byte_(byte) {}
  void fill(std::span<std::byte> bytes) override { std::ranges::fill(bytes, byte_); }

 private:
  std::byte byte_;
};

// Says "in hand" to the client, and "done" when the client has sent something.
class Service : public WorkerCallbacks {
 public:
  explicit Service(int listen_fd) : listen_fd_(listen_fd) {}

  Served serve_one() override {
    const base::Descriptor peer(accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) return Served::kNothing;
    test::send_text(peer.get(), "in hand\n");
    char byte = 0;
    if (read(peer.get(), &byte, 1) == 1) test::send_text(peer.get(), "done\n");
    return Served::kServed;
  }

 protected:
  int listen_fd_;
};

class WorkerLoop : public testing::Test {
 protected:
  int run(WorkerOptions options, WorkerCallbacks& callbacks) const {
    base::configure_logging(base::LogLevel::kInfo, "test");
    options.listen_fd = socket_.fd();
    setenv("NOTIFY_SOCKET", notify_.path().c_str(), 1);
    SignalInbox signals = worker_signals();
    const base::SystemClock clock;
    FixedRandom random(std::byte{0});
    return run_worker(options, clock, random, signals, callbacks);
  }

  ChildProcess start(const WorkerOptions& options) const {
    return ChildProcess([this, options] {
      Service service(socket_.fd());
      return run(options, service);
    });
  }

  // The next message to the parent.
  std::optional<Notification> message() {
    return test::is_readable(notify_.fd()) ? notify_.next() : std::nullopt;
  }

  // One whole request; what came back.
  [[nodiscard]] std::string request() const {
    const base::Descriptor peer = test::connect_to(path_);
    std::string answer = test::read_line(peer.get());
    test::send_text(peer.get(), "go");
    return answer + ", " + test::read_line(peer.get());
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("api.sock");
  ListenSocket socket_{path_};
  NotifySocket notify_{directory_.file("notify.sock")};
};

TEST_F(WorkerLoop, TellsReadinessServesAndLeavesWhenAsked) {
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) {
    ChildProcess worker = start({});
    const std::optional<Notification> ready = message();
    ASSERT_TRUE(ready && ready->ready);
    EXPECT_EQ(ready->sender, worker.pid());
    EXPECT_EQ(request(), "in hand, done");
    EXPECT_EQ(request(), "in hand, done");
    worker.send_signal(signal);
    const std::optional<Notification> stopping = message();
    EXPECT_TRUE(stopping && stopping->stopping);
    EXPECT_EQ(worker.wait(), kExitDone);
    EXPECT_NE(worker.rest_of_log().find(R"("reason":"asked to leave","requests":2)"),
              std::string::npos);
  }
}

TEST_F(WorkerLoop, FinishesTheRequestInHandAndTakesNoOther) {
  ChildProcess worker = start({});
  const base::Descriptor first = test::connect_to(path_);
  ASSERT_EQ(test::read_line(first.get()), "in hand");
  const base::Descriptor second = test::connect_to(path_);
  worker.send_signal(SIGTERM);
  test::send_text(first.get(), "go");
  EXPECT_EQ(test::read_line(first.get()), "done");
  EXPECT_EQ(worker.wait(), kExitDone);
  // The second waits in the backlog for another worker.
  EXPECT_FALSE(test::is_readable(second.get(), 0));
}

TEST_F(WorkerLoop, ASignalSentBeforeTheLoopIsNotLost) {
  ChildProcess worker([this] {
    SignalInbox signals = worker_signals();
    raise(SIGTERM);
    Service service(socket_.fd());
    const base::SystemClock clock;
    FixedRandom random(std::byte{0});
    return run_worker({.listen_fd = socket_.fd()}, clock, random, signals, service);
  });
  EXPECT_EQ(worker.wait(), kExitDone);
}

TEST_F(WorkerLoop, HearsASignalWhileTheNextConnectionIsAlwaysReady) {
  ChildProcess worker([this] {
    class Endless final : public WorkerCallbacks {
     public:
      Served serve_one() override {
        raise(SIGTERM);
        return Served::kServed;  // without accepting: the socket stays readable
      }
    } endless;
    return run({}, endless);
  });
  const base::Descriptor peer = test::connect_to(path_);
  EXPECT_EQ(worker.wait(), kExitDone);
}

TEST_F(WorkerLoop, OtherSignalsAndBrokenPipesAreNothing) {
  ChildProcess worker = start({});
  ASSERT_TRUE(message());
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) worker.send_signal(signal);
  EXPECT_EQ(request(), "in hand, done");
  worker.send_signal(SIGTERM);
  EXPECT_EQ(worker.wait(), kExitDone);
}

TEST_F(WorkerLoop, IsRecycledAfterItsRequests) {
  ChildProcess worker = start({.max_requests = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(request(), "in hand, done");
  EXPECT_EQ(worker.wait(), kExitDone);
  EXPECT_TRUE(worker.says("recycled"));
}

TEST_F(WorkerLoop, LeavesWhenIdle) {
  const base::Descriptor peer = test::connect_to(path_);  // waits before the worker is there
  test::send_text(peer.get(), "go");
  ChildProcess worker = start({.idle_exit_ms = 200});
  EXPECT_EQ(test::read_line(peer.get()), "in hand");
  EXPECT_EQ(worker.wait(), kExitIdle);
  EXPECT_TRUE(worker.says(R"("reason":"idle","requests":1)"));
}

TEST_F(WorkerLoop, GivesUpAfterFailuresInARow) {
  ChildProcess worker([this] {
    class Failing final : public WorkerCallbacks {
     public:
      Served serve_one() override { return Served::kFailed; }
    } failing;
    return run({}, failing);
  });
  const base::Descriptor peer = test::connect_to(path_);
  EXPECT_EQ(worker.wait(), kExitBroken);
}

TEST_F(WorkerLoop, ASocketThatCannotBeAcceptedFromEndsTheWorker) {
  ChildProcess worker([this] {
    const base::Descriptor closed(dup(socket_.fd()));
    const int fd = closed.get();
    close(fd);
    Service service(fd);
    SignalInbox signals = worker_signals();
    const base::SystemClock clock;
    FixedRandom random(std::byte{0});
    // The signals' descriptor has taken the number; this one is free.
    return run_worker({.listen_fd = fd + 100}, clock, random, signals, service);
  });
  EXPECT_EQ(worker.wait(), kExitBroken);
}

TEST_F(WorkerLoop, PollsKeptConnectionsWithTheListeningSocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const base::Descriptor ours(ends[0]);
  const base::Descriptor theirs(ends[1]);
  class Keeping final : public Service {
   public:
    Keeping(int listen_fd, int kept) : Service(listen_fd), kept_{{kept, POLLIN, 0}} {}
    std::span<const pollfd> kept_connections() override { return kept_; }
    Served serve_kept(const pollfd& ready) override {
      char byte = 0;
      if (read(ready.fd, &byte, 1) != 1) return Served::kNothing;
      test::send_text(ready.fd, std::string("kept ") + byte + "\n");
      return Served::kServed;
    }

   private:
    std::array<pollfd, 1> kept_;
  };
  ChildProcess worker([&] {
    Keeping keeping(socket_.fd(), theirs.get());
    return run({.max_requests = 3}, keeping);
  });
  test::send_text(ours.get(), "a");
  EXPECT_EQ(test::read_line(ours.get()), "kept a");
  EXPECT_EQ(request(), "in hand, done");
  test::send_text(ours.get(), "b");
  EXPECT_EQ(test::read_line(ours.get()), "kept b");
  EXPECT_EQ(worker.wait(), kExitDone);
}

// Three kept connections that all have something to say, and as many in the backlog; each piece of
// work leaves a letter and takes its time.
class Crowded final : public WorkerCallbacks {
 public:
  Crowded(int listen_fd, std::chrono::milliseconds work) : listen_fd_(listen_fd), work_(work) {
    for (pollfd& kept : kept_) kept = {writable_.get(), POLLOUT, 0};
  }

  Served serve_one() override {
    const base::Descriptor peer(accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC));
    return peer ? note('n') : Served::kNothing;
  }
  std::span<const pollfd> kept_connections() override { return kept_; }
  Served serve_kept(const pollfd& /*ready*/) override { return note('k'); }
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
  base::Descriptor writable_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::array<pollfd, 3> kept_{};
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
      Crowded crowded(socket_.fd(), work);
      crowded.report_fd = theirs.get();
      return run({}, crowded);
    });
    return test::read_line(ours.get());
  }
};

TEST_F(Rounds, KeptAndNewConnectionsTakeTurns) {
  EXPECT_EQ(served(std::chrono::milliseconds(0)), "knknkn");
}

TEST_F(Rounds, ARoundThatLastsEndsEarly) { EXPECT_EQ(served(std::chrono::milliseconds(25)), "k"); }

TEST_F(WorkerLoop, KeepsTheWatchdogAliveOnlyWhereItIsAskedTo) {
  setenv("WATCHDOG_USEC", "100000", 1);
  ChildProcess worker = start({});
  unsetenv("WATCHDOG_USEC");
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(message());  // READY=1, then WATCHDOG=1
  worker.send_signal(SIGTERM);
  EXPECT_EQ(worker.wait(), kExitDone);
}

TEST_F(WorkerLoop, LeavesWhenMemoryRunsOut) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer needs more memory than any bound allows";
#endif
  // Asks for more than it may have, as a request gone wrong would, and survives.
  class Greedy final : public Service {
   public:
    using Service::Service;
    Served serve_one() override {
      const Served served = Service::serve_one();
      try {
        std::vector<char>(std::size_t{512} << 20).back() = 1;
      } catch (const std::bad_alloc&) {
        base::Logger("test").info("no memory");
      }
      return served;
    }
  };
  ChildProcess worker([this] {
    bound_memory(std::uint64_t{128} << 20);
    Greedy service(socket_.fd());
    return run({}, service);
  });
  EXPECT_EQ(request(), "in hand, done");
  EXPECT_TRUE(worker.says("no memory"));
  EXPECT_TRUE(worker.says("out of memory"));
  EXPECT_EQ(worker.wait(), kExitBroken);
}

TEST(SpreadMaxRequests, StaysWithinATenth) {
  base::SystemRandom random;
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t spread = spread_max_requests(1000, random);
    EXPECT_GE(spread, 900);
    EXPECT_LE(spread, 1100);
    differs = differs || spread != 1000;
  }
  EXPECT_TRUE(differs);
  EXPECT_EQ(spread_max_requests(0, random), 0);
  EXPECT_EQ(spread_max_requests(1, random), 1);
}

TEST(PollTimeout, IsTheEarliestAndForEverWhereNothingIsDue) {
  EXPECT_EQ(poll_timeout(1000, {std::nullopt, std::nullopt}), -1);
  EXPECT_EQ(poll_timeout(1000, {1500, std::nullopt, 1200}), 200);
  EXPECT_EQ(poll_timeout(1000, {900}), 0);
  EXPECT_EQ(poll_timeout(0, {std::int64_t{1} << 60}), kLongestWaitMs);
}

}  // namespace
}  // namespace latchkey::process
