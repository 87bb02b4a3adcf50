// SPDX-License-Identifier: Apache-2.0
#include "process/worker_loop.h"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/epoll.h"
#include "base/log.h"
#include "base/random.h"
#include "process/contract.h"
#include "process/memory_bound.h"
#include "process/notify_socket.h"
#include "process/poll_timeout.h"
#include "process/test_process.h"
#include "process/worker_loop_fixture.h"

namespace latchkey::process {
namespace {

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

TEST_F(WorkerLoop, ASignalSentBeforeTheLoopIsNotLost) {
  ChildProcess worker([this] {
    SignalInbox signals = worker_signals();
    raise(SIGTERM);
    Service service(socket_.fd());
    base::Epoll epoll;
    return run_loop({.listen_fd = socket_.fd()}, signals, epoll, service);
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
    base::Epoll epoll;
    // The signals' descriptor has taken the number; this one is free.
    return run_loop({.listen_fd = fd + 100}, signals, epoll, service);
  });
  EXPECT_EQ(worker.wait(), kExitBroken);
}

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
