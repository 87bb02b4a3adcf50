// SPDX-License-Identifier: Apache-2.0
#include "process/trial.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <spawn.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::process {
namespace {

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

Trial::Trial(const std::vector<std::string>& command, std::int64_t now_ms,
             const char* const* environment)
    : ends_at_ms_(now_ms + kTrialBoundMs) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno, "pipe");
  fd_ = base::Descriptor(ends[0]);
  const base::Descriptor write_end(ends[1]);

  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const SpawnRules rules(write_end.get());
  const int error =
      posix_spawn(&pid_, arguments[0], rules.actions(), rules.attributes(), arguments.data(),
                  environment != nullptr ? const_cast<char* const*>(environment) : environ);
  if (error != 0) fail(error, words[0].c_str());
}

// The surplus is read and dropped, so that the child never waits for us.
void Trial::read() {
  std::array<char, 4096> part;
  ssize_t size = 0;
  while ((size = ::read(fd_.get(), part.data(), part.size())) > 0) {
    const std::size_t room = kLongestReason - said_.size();
    said_.append(part.data(), std::min(static_cast<std::size_t>(size), room));
  }
  if (size == 0) fd_.reset();  // nothing more will come, and poll would not tire of saying so
}

void Trial::kill() {
  ends_at_ms_.reset();
  ::kill(pid_, SIGKILL);
}

std::optional<std::string> Trial::refusal(const ChildExit& exit) {
  if (fd_) read();
  if (exit.kind == ChildExit::Kind::kClean) return std::nullopt;
  if (!ends_at_ms_) return "the program did not end in time";
  const std::string reason = on_one_line(said_);
  return reason.empty() ? exit.describe() : reason;
}

}  // namespace latchkey::process
