// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of this room share: a directory of their own, a child process that runs a
// function, a client of a unix socket, and waits that are bounded. A bound that runs out is a
// failure of the test, whose message says what was awaited.

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/descriptor.h"
#include "process/unix_address.h"

namespace latchkey::process::test {

// Far more than anything here takes, even under a sanitizer on a busy machine.
inline constexpr int kBoundMs = 20'000;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = "/tmp/latchkey-process-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

inline bool is_readable(int fd, int bound_ms = kBoundMs) {
  pollfd source{fd, POLLIN, 0};
  return poll(&source, 1, bound_ms) == 1;
}

// Everything up to and without the next newline; what has come so far when the peer closes or the
// bound runs out.
inline std::string read_line(int fd, int bound_ms = kBoundMs) {
  std::string line;
  char next = 0;
  while (is_readable(fd, bound_ms) && read(fd, &next, 1) == 1 && next != '\n') line += next;
  return line;
}

inline std::string read_all(int fd) {
  std::string text;
  char next = 0;
  while (is_readable(fd) && read(fd, &next, 1) == 1) text += next;
  return text;
}

// Blocking; empty when nobody listens there.
inline base::Descriptor connect_to(const std::string& path) {
  const sockaddr_un address = unix_address(path);
  base::Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.reset();
  return fd;
}

inline void send_text(int fd, std::string_view text) {
  ASSERT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

// Waits until any process, a child or not, has ended.
class EndOfProcess {
 public:
  explicit EndOfProcess(pid_t pid) : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  [[nodiscard]] bool arrives() const { return !fd_ || is_readable(fd_.get()); }

 private:
  base::Descriptor fd_;
};

// A child of the test that runs `body` and exits with what it gives. Its standard error is a pipe.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<int()>& body) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category());
    log_ = base::Descriptor(ends[0]);
    const base::Descriptor write_end(ends[1]);
    pid_ = fork();
    if (pid_ != 0) return;
    dup2(write_end.get(), STDERR_FILENO);
    std::exit(body());  // not _exit: coverage is written at exit
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send_signal(int signal) const { kill(pid_, signal); }

  // The next line of its standard error with `text` in it; empty when none comes.
  [[nodiscard]] std::string line_with(std::string_view text) const {
    for (;;) {
      std::string line = read_line(log_.get());
      if (line.empty() || line.find(text) != std::string::npos) return line;
    }
  }
  [[nodiscard]] bool says(std::string_view text) const { return !line_with(text).empty(); }
  // What it wrote until every holder of its standard error had closed it.
  [[nodiscard]] std::string rest_of_log() const { return read_all(log_.get()); }

  // The exit code; -signal when it was killed; -1000 when it does not end.
  int wait() {
    if (!EndOfProcess(pid_).arrives()) return -1000;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = 0;
  base::Descriptor log_;
};

}  // namespace latchkey::process::test
