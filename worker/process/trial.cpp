// SPDX-License-Identifier: Apache-2.0
#include "process/trial.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"
#include "process/child_exit.h"

namespace latchkey::process {
namespace {

using Time = std::chrono::steady_clock;

[[noreturn]] void fail(int error, const char* call) {
  throw std::system_error(error, std::generic_category(), call);
}

// Output to nowhere but for standard error; signals as a fresh process has them.
class SpawnRules {
 public:
  explicit SpawnRules(int standard_error) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, standard_error, STDERR_FILENO);
    sigset_t signals;
    posix_spawnattr_init(&attributes_);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnRules(const SpawnRules&) = delete;
  SpawnRules& operator=(const SpawnRules&) = delete;
  ~SpawnRules() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Reads what is there; the surplus is read and dropped, so that the child never waits for us.
void drain(int fd, std::string& text) {
  std::array<char, 4096> part;
  ssize_t size = 0;
  while ((size = read(fd, part.data(), part.size())) > 0) {
    const std::size_t room = kLongestReason - text.size();
    text.append(part.data(), std::min(static_cast<std::size_t>(size), room));
  }
}

// True when the child has ended before the bound.
bool wait_for_end(int child, int standard_error, std::string& text) {
  const auto bound = Time::now() + std::chrono::milliseconds(kTrialBoundMs);
  std::array<pollfd, 2> sources{{{child, POLLIN, 0}, {standard_error, POLLIN, 0}}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(bound - Time::now()).count();
    if (left <= 0) return false;
    if (poll(sources.data(), sources.size(), static_cast<int>(left)) < 0 && errno != EINTR)
      fail(errno, "poll");
    drain(standard_error, text);
    if (sources[0].revents != 0) return true;
    if ((sources[1].revents & POLLIN) == 0 && sources[1].revents != 0) {
      if (child < 0) return true;  // a kernel without pidfd_open(2): it has nothing more to say
      sources[1].fd = -1;
    }
  }
}

// "latchkey: the settings are wrong:\n  - A\n  - B\n" on one line.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char byte : text) {
    const bool is_space = byte == '\n' || byte == ' ';
    if (is_space && (line.empty() || line.back() == ' ')) continue;
    line.push_back(is_space ? ' ' : byte);
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::optional<std::string> refusal_of(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno, "pipe");
  const base::Descriptor read_end(ends[0]);
  base::Descriptor write_end(ends[1]);

  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const SpawnRules rules(write_end.get());
  pid_t pid = 0;
  const int error = posix_spawn(&pid, arguments[0], rules.actions(), rules.attributes(),
                                arguments.data(), environ);
  if (error != 0) return words[0] + ": " + std::generic_category().message(error);
  write_end.reset();

  std::string said;
  const base::Descriptor child(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const bool has_ended = wait_for_end(child.get(), read_end.get(), said);
  if (!has_ended) kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  if (!has_ended) return words[0] + " did not end in time";
  const ChildExit exit = ChildExit::from_wait_status(status);
  if (exit.kind == ChildExit::Kind::kClean) return std::nullopt;
  drain(read_end.get(), said);
  const std::string reason = on_one_line(said);
  return reason.empty() ? exit.describe() : reason;
}

}  // namespace latchkey::process
