// SPDX-License-Identifier: Apache-2.0
#pragma once

// Child processes of a test: forked, awaited, killed. A child ends with _exit, so that nothing of
// the test framework runs twice. What a destructor finds alive it kills.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace latchkey::shm {

class Child {
 public:
  // Runs `body` in a child, whose exit status is what `body` returns. 99: it threw.
  template <typename Body>
  explicit Child(Body body) : pid_(fork()) {
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      int status = 99;
      try {
        status = body();
      } catch (const std::exception& exception) {
        std::fprintf(stderr, "child: %s\n", exception.what());
      }
      _exit(status);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~Child() { kill_and_wait(); }

  // The exit status, -1 if it did not exit by itself.
  int wait() {
    int status = 0;
    if (pid_ <= 0 || waitpid(std::exchange(pid_, -1), &status, 0) < 0 || !WIFEXITED(status)) {
      return -1;
    }
    return WEXITSTATUS(status);
  }

  void kill_and_wait() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      static_cast<void>(wait());
    }
  }

 private:
  pid_t pid_;
};

// Holds any number of children back until the test opens it: they start at the same moment.
class Gate {
 public:
  Gate() {
    if (pipe(ends_) != 0) {
      std::perror("pipe");
      std::abort();
    }
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() {
    open();
    close(ends_[0]);
  }

  // In the child: returns when every writing end is closed.
  void pass() {
    close(ends_[1]);
    ends_[1] = -1;
    char byte = 0;
    while (read(ends_[0], &byte, 1) > 0) {
    }
  }
  // In the parent.
  void open() {
    if (ends_[1] >= 0) {
      close(std::exchange(ends_[1], -1));
    }
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace latchkey::shm
