// SPDX-License-Identifier: Apache-2.0
#include "process/spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

#include "process/contract.h"

namespace latchkey::process {
namespace {

// What the supervisor may itself have been given, and what a worker must not take for its own.
constexpr std::array<std::string_view, 6> kParentsOwn{
    "LISTEN_FDS=",    "LISTEN_PID=",    "LISTEN_FDNAMES=",
    "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID="};
constexpr std::string_view kListenPid = "LISTEN_PID=";
constexpr std::size_t kLongestPid = 20;

// Not copied: they may be secrets.
std::vector<char*> environment_from(const char* const* parents) {
  std::vector<char*> pointers;
  for (; *parents != nullptr; ++parents) {
    const std::string_view text(*parents);
    const auto is_prefix = [&](std::string_view name) { return text.starts_with(name); };
    if (std::ranges::none_of(kParentsOwn, is_prefix))
      pointers.push_back(const_cast<char*>(*parents));  // execve(2) changes nothing
  }
  return pointers;
}

std::vector<std::string> variables_for(const SpawnRequest& request) {
  std::vector<std::string> variables;
  variables.emplace_back("LISTEN_FDS=1");
  variables.push_back("LISTEN_FDNAMES=" + request.socket_name);
  if (!request.notify_path.empty()) variables.push_back("NOTIFY_SOCKET=" + request.notify_path);
  if (request.watchdog_ms > 0)
    variables.push_back("WATCHDOG_USEC=" + std::to_string(request.watchdog_ms * 1000));
  return variables;
}

void append_pointers_to(std::vector<std::string>& texts, std::vector<char*>& pointers) {
  for (std::string& text : texts) pointers.push_back(text.data());
}

struct Image {
  char* const* arguments;
  char* const* environment;
  char* listen_pid;  // where the digits go; room for kLongestPid and a NUL
  int listen_fd;
  int null_fd;
  pid_t parent;
};

void write_decimal(pid_t number, char* out) {
  std::array<char, kLongestPid> digits;
  std::size_t count = 0;
  for (; number > 0; number /= 10) digits[count++] = static_cast<char>('0' + number % 10);
  while (count > 0) *out++ = digits[--count];
  *out = '\0';
}

// Signals are blocked when it begins, so that no handler of the parent's runs here.
void give_signals_back() {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &by_default, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool give_descriptors(const Image& image) {
  // dup2 clears close-on-exec, except where both numbers are the same.
  const bool given = image.listen_fd == kListenFd ? fcntl(kListenFd, F_SETFD, 0) == 0
                                                  : dup2(image.listen_fd, kListenFd) == kListenFd;
  if (!given || dup2(image.null_fd, STDIN_FILENO) != STDIN_FILENO) return false;
  // The second line of defence, beside close-on-exec; an old kernel does without.
  close_range(kListenFd + 1, ~0U, 0);
  return true;
}

// In the child: async-signal-safe calls only.
[[noreturn]] void become(const Image& image) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != image.parent) _exit(kExitDone);
  if (!give_descriptors(image)) _exit(kExitOsError);
  write_decimal(getpid(), image.listen_pid);
  give_signals_back();
  execve(image.arguments[0], image.arguments, image.environment);
  _exit(kExitNotExecuted);
}

}  // namespace

pid_t spawn(const SpawnRequest& request) {
  std::vector<std::string> command = request.command;
  std::vector<char*> arguments;
  append_pointers_to(command, arguments);
  arguments.push_back(nullptr);
  std::vector<std::string> variables = variables_for(request);
  std::string listen_pid(kListenPid);
  listen_pid.resize(kListenPid.size() + kLongestPid + 1);
  std::vector<char*> environment =
      environment_from(request.environment != nullptr ? request.environment : environ);
  append_pointers_to(variables, environment);
  environment.push_back(listen_pid.data());
  environment.push_back(nullptr);
  const Image image{arguments.data(),  environment.data(), listen_pid.data() + kListenPid.size(),
                    request.listen_fd, request.null_fd,    getpid()};

  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) become(image);
  const int error = errno;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw std::system_error(error, std::generic_category(), "fork");
  return pid;
}

std::string own_program_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

}  // namespace latchkey::process
