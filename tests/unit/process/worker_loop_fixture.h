// SPDX-License-Identifier: Apache-2.0
#pragma once

// A worker's loop in a process of its own, with a service that does what its client says.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/epoll.h"
#include "base/log.h"
#include "base/random.h"
#include "process/listen_socket.h"
#include "process/notify_socket.h"
#include "process/signals.h"
#include "process/test_process.h"
#include "process/worker_loop.h"

namespace latchkey::process {

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
  int run(const WorkerOptions& options, WorkerCallbacks& callbacks) const {
    base::Epoll epoll;
    return run(options, epoll, callbacks);
  }

  int run(WorkerOptions options, base::Epoll& epoll, WorkerCallbacks& callbacks) const {
    base::configure_logging(base::LogLevel::kInfo, "test");
    options.listen_fd = socket_.fd();
    setenv("NOTIFY_SOCKET", notify_.path().c_str(), 1);
    SignalInbox signals = worker_signals();
    return run_loop(options, signals, epoll, callbacks);
  }

  static int run_loop(const WorkerOptions& options, SignalInbox& signals, base::Epoll& epoll,
                      WorkerCallbacks& callbacks) {
    const base::SystemClock clock;
    FixedRandom random(std::byte{0});
    return run_worker(options, clock, random, signals, epoll, callbacks);
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

}  // namespace latchkey::process
