// SPDX-License-Identifier: Apache-2.0

// A worker without a service. Its first argument says how it behaves:
//   serve            by the contract: to each connection it says its process id, then waits for a
//                    line, and answers "report" with how it was started, anything else with "bye"
//   serve-if FILE    the same where FILE exists; else it exits with 78
//   exit CODE        before it is ready
//   mute             never becomes ready
//   stubborn         is ready, and never leaves by itself

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "base/clock.h"
#include "base/epoll.h"
#include "base/log.h"
#include "base/random.h"
#include "process/contract.h"
#include "process/inherited_sockets.h"
#include "process/notify.h"
#include "process/worker_loop.h"

namespace {

using namespace latchkey;  // NOLINT: a test program

std::string variable(const char* name) {
  const char* value = getenv(name);
  return std::string(name) + "=" + (value == nullptr ? "(unset)" : value) + "\n";
}

std::string report() {
  std::string text;
  for (const char* name :
       {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "KEPT_VARIABLE"})
    text += variable(name);
  text += "pid=" + std::to_string(getpid()) + "\n";
  text += "stdin=" + std::filesystem::read_symlink("/proc/self/fd/0").string() + "\n";
  std::vector<std::string> open;
  for (int fd = 0; fd < 256; ++fd)
    if (fcntl(fd, F_GETFD) >= 0) open.push_back(std::to_string(fd));
  text += "descriptors=";
  for (const std::string& fd : open) text += fd + " ";
  text += "\n";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Sig")) text += line + "\n";
  return text;
}

void say(int fd, const std::string& text) {
  [[maybe_unused]] const ssize_t sent = write(fd, text.data(), text.size());
}

class Conversation final : public process::WorkerCallbacks {
 public:
  Conversation(int listen_fd, std::string report)
      : listen_fd_(listen_fd), report_(std::move(report)) {}

  process::Served serve_one() override {
    const base::Descriptor peer(accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) return process::Served::kNothing;
    say(peer.get(), std::to_string(getpid()) + "\n");
    std::array<char, 64> line{};
    const ssize_t size = read(peer.get(), line.data(), line.size());
    if (size > 0)
      say(peer.get(), std::string_view(line.data()).starts_with("report") ? report_ : "bye\n");
    return process::Served::kServed;
  }

 private:
  int listen_fd_;
  std::string report_;
};

int serve() {
  std::string how_started = report();
  process::SignalInbox signals = process::worker_signals();
  const std::vector<process::InheritedSocket> sockets = process::take_inherited_sockets();
  if (sockets.size() != 1) return process::kExitOsError;
  Conversation conversation(sockets[0].fd.get(), std::move(how_started));
  const base::SystemClock clock;
  base::SystemRandom random;
  base::Epoll epoll;
  return process::run_worker({.listen_fd = sockets[0].fd.get()}, clock, random, signals, epoll,
                             conversation);
}

[[noreturn]] void wait_for_ever() {
  for (;;) pause();
}

}  // namespace

int main(int count, char** values) {
  base::configure_logging(base::LogLevel::kWarning, "fake");
  const std::vector<std::string> arguments(values, values + count);
  const std::string mode = count > 1 ? arguments[1] : "";
  if (mode == "serve") return serve();
  if (mode == "serve-if")
    return std::filesystem::exists(arguments[2]) ? serve() : process::kExitConfiguration;
  if (mode == "exit") return std::stoi(arguments[2]);
  if (mode == "mute") wait_for_ever();
  if (mode == "stubborn") {
    const process::SignalInbox signals = process::worker_signals();
    process::notify_ready();
    wait_for_ever();
  }
  return process::kExitUsage;
}
