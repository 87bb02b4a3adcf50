// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/clock.h"
#include "base/epoll.h"
#include "base/freed_memory.h"
#include "base/log.h"
#include "base/random.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/compose.h"
#include "cli/shared_segment.h"
#include "config/environment.h"
#include "config/load.h"
#include "db/deadline.h"
#include "http/fastcgi.h"
#include "process/confinement.h"
#include "process/inherited_sockets.h"
#include "process/memory_bound.h"
#include "process/priority.h"
#include "process/signals.h"
#include "process/worker_loop.h"
#include "shm/metrics.h"
#include "shm/scoreboard.h"

namespace latchkey::cli {
namespace {

constexpr std::array<std::string_view, 2> kPools{"api", "hash"};
constexpr int kMaxSlot = 9999;

std::string pool_of(const Arguments& arguments) {
  if (arguments.positional().size() == 1) {
    for (const std::string_view pool : kPools) {
      if (arguments.positional().front() == pool) return std::string(pool);
    }
  }
  throw UsageError("worker takes the name of a pool: api or hash");
}

base::Descriptor take_listening_socket(const std::string& pool) {
  auto sockets = process::take_inherited_sockets();
  if (sockets.size() != 1) {
    throw std::runtime_error("a worker needs one listening socket by LISTEN_FDS, and got " +
                             std::to_string(sockets.size()));
  }
  if (sockets.front().name != pool) {
    throw std::runtime_error("the inherited socket is named " + sockets.front().name +
                             ", not after the pool " + pool);
  }
  return std::move(sockets.front().fd);
}

// Well within what the parent has patience for (bounds_by in serve_command.cpp).
std::int64_t receive_timeout_ms(const config::Settings& settings) {
  constexpr std::int64_t kLongestMs = 5'000;
  return std::min(kLongestMs, settings.worker_timeout.count() / 2);
}

// A reader must not wait for somebody else's call to a database in trouble.
void let_go_of_kept(void* fastcgi) { static_cast<const http::FastCgi*>(fastcgi)->let_go_of_kept(); }

// Between the loop, which knows no HTTP, and the service, which knows no loop.
class Requests final : public process::WorkerCallbacks {
 public:
  Requests(http::FastCgi& fastcgi, Service& service, shm::ScoreboardLine& line)
      : fastcgi_(fastcgi), service_(service), line_(line) {}

  process::Served serve_one() override { return account_for(fastcgi_.serve_one(answer_)); }

  process::Served serve_kept(const base::Epoll::Ready& ready) override {
    return account_for(fastcgi_.serve_kept(ready, answer_));
  }

  void leaving(process::LeaveReason reason) override { line_.leave(reason_of(reason)); }

 private:
  process::Served account_for(http::Served served) {
    switch (served) {
      case http::Served::kAnswered:
        service_.after_answer();
        line_.end_request();
        return process::Served::kServed;
      case http::Served::kNothing:
      case http::Served::kDropped:
        return process::Served::kNothing;
      case http::Served::kFailed:
        break;
    }
    return process::Served::kFailed;
  }

  static shm::ExitReason reason_of(process::LeaveReason reason) {
    switch (reason) {
      case process::LeaveReason::kAsked:
        return shm::ExitReason::kAsked;
      case process::LeaveReason::kRecycled:
        return shm::ExitReason::kRecycled;
      case process::LeaveReason::kIdle:
        return shm::ExitReason::kIdle;
      case process::LeaveReason::kBroken:
        break;
    }
    return shm::ExitReason::kBroken;
  }

  http::FastCgi& fastcgi_;
  Service& service_;
  shm::ScoreboardLine& line_;
  const http::Answer answer_ = [this](http::Request& request) {
    line_.begin_request();
    return service_.answer(request);
  };
};

}  // namespace

int worker(const Words& words) {
  process::hide_memory();
  const Arguments arguments(words, {{"config"}, {"slot"}});
  const std::string pool = pool_of(arguments);
  const bool is_hashing = pool == "hash";
  base::overwrites_freed_memory = is_hashing;
  if (is_hashing) process::come_last();
  const int slot = arguments.number("slot", 1, 1, kMaxSlot);
  process::SignalInbox signals = process::worker_signals();

  config::Settings settings =
      config::load(config::Environment(environ).all(), arguments.value("config"));
  settings.admin_database_url = {};  // not for a process that strangers talk to
  process::bound_memory(static_cast<std::uint64_t>(settings.worker_memory_max_mib) << 20);
  base::configure_logging(settings.log_level, pool + '/' + std::to_string(slot));
  const base::Descriptor socket = take_listening_socket(pool);

  const base::SystemClock clock;
  base::SystemRandom random;
  const shm::Segment segment = open_segment(settings);
  const auto number = static_cast<std::size_t>(slot);
  const std::size_t place = shm::pool_named(pool);
  shm::Metrics metrics(segment.layout(), place, number);
  base::Epoll epoll;
  http::FastCgi fastcgi(socket.get(), epoll, receive_timeout_ms(settings));
  db::on_long_wait(let_go_of_kept, &fastcgi);
  Service service(settings, segment.layout(), metrics, place);
  shm::ScoreboardLine line(segment.layout(), place, number, getpid(), clock);
  Requests requests(fastcgi, service, line);
  if (!process::confine_worker())
    base::Logger("latchkey.process")
        .warning("no filter of system calls: the kernel, or a sandbox, refuses it");
  return process::run_worker({.listen_fd = socket.get(),
                              .max_requests = settings.worker_max_requests,
                              .idle_exit_ms = settings.worker_idle_exit.count()},
                             clock, random, signals, epoll, requests);
}

std::string worker_usage() {
  return "latchkey worker POOL [--config FILE] [--slot N]\n"
         "    Serves requests of the pool `api` or `hash` from an inherited socket (LISTEN_FDS).\n"
         "    systemd and `latchkey serve` start it; there is no reason to start it by hand.\n"
         "      --config FILE  read the settings from FILE too (the environment goes first)\n"
         "      --slot N       the worker's number in its pool, for status and log";
}

}  // namespace latchkey::cli
