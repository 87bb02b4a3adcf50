// SPDX-License-Identifier: Apache-2.0
#include "cli/password_input.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <termios.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "cli/input_file.h"

namespace latchkey::cli {
namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr char kInterrupt = '\x03';

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

[[noreturn]] void fail_with_errno(const std::string& what) {
  fail(what + ": " + std::strerror(errno));
}

// While it lives, what is typed is not shown. Ctrl-C arrives as a character too, so that nobody is
// left with a terminal that shows nothing.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    if (tcgetattr(terminal, &before_) != 0) fail_with_errno("the terminal cannot be used");
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    // What was typed ahead is thrown away: it was not meant for this.
    if (tcsetattr(terminal, TCSAFLUSH, &quiet) != 0)
      fail_with_errno("the terminal cannot be kept from showing the password");
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() { tcsetattr(terminal_, TCSADRAIN, &before_); }

 private:
  int terminal_;
  termios before_{};
};

void write_text(int fd, std::string_view text) {
  if (write(fd, text.data(), text.size()) < 0) fail_with_errno("the terminal cannot be written to");
}

// To the end of the line or of the input, one byte at a time: nothing is read that the caller may
// want to read itself, and no buffer of the C library is left with a password in it.
base::Secret read_line(int fd, const std::string& name, bool is_terminal) {
  std::string line;
  line.reserve(kMaxBytes + 1);  // never moved, so there is one copy to wipe
  for (;;) {
    char byte = 0;
    const ssize_t got = read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileFailure(name);
    if (got == 0 || byte == '\n') break;
    const bool is_interrupted = is_terminal && byte == kInterrupt;
    if (is_interrupted || line.size() == kMaxBytes) {
      base::wipe(line);
      fail(is_interrupted ? "interrupted" : name + " has more than 4096 bytes in its line");
    }
    line += byte;
  }
  return base::Secret(std::move(line));
}

base::Secret ask(int terminal, std::string_view question) {
  write_text(terminal, question);
  base::Secret answer = read_line(terminal, "the terminal", true);
  write_text(terminal, "\n");
  return answer;
}

}  // namespace

base::Secret read_password_file(const std::string& path) {
  base::Descriptor file;
  int fd = STDIN_FILENO;
  if (path != "-") {
    file = base::Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) throw FileFailure(path);
    fd = file.get();
  }
  const base::Secret line = read_line(fd, path == "-" ? "standard input" : path, false);
  char more = 0;
  if (read(fd, &more, 1) > 0) fail("the password file has more than one line");
  std::string_view text = line.reveal();
  if (text.ends_with('\r')) text.remove_suffix(1);
  return base::Secret(text);
}

base::Secret ask_new_password() {
  const base::Descriptor terminal(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) fail("there is no terminal to ask for the password on; use --password-file");
  const Silence silence(terminal.get());  // before the first question: people type at once
  base::Secret first = ask(terminal.get(), "New password: ");
  const base::Secret second = ask(terminal.get(), "Once more: ");
  if (first.reveal() != second.reveal()) fail("the two passwords differ");
  return first;
}

base::Secret new_password(const std::optional<std::string>& password_file) {
  return password_file ? read_password_file(*password_file) : ask_new_password();
}

}  // namespace latchkey::cli
