// SPDX-License-Identifier: Apache-2.0
//
// A child gives up what a worker gives up, and then tries it.
#include "process/confinement.h"

#include <cerrno>
#include <csignal>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "process/test_process.h"

namespace latchkey::process {
namespace {

constexpr int kNotConfined = 100;
constexpr int kDone = 101;  // the call has worked
const void* const kShmatFailed = reinterpret_cast<void*>(-1);

// What became of `attempt`, which gives the result of a system call: the error, or kDone.
int fate_of(const std::function<long()>& attempt) {
  test::ChildProcess child([&attempt] {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!forbid_what_no_worker_does()) return kNotConfined;
    // At once: a sanitizer's search for leaks at exit needs what is forbidden now.
    _exit(attempt() < 0 ? errno : kDone);
  });
  return child.wait();
}

long run_shell() {
  char name[] = "/bin/true";
  char* const arguments[]{name, nullptr};
  return execve(name, arguments, environ);
}

TEST(Confinement, WhoExecutesAProgramIsKilled) { EXPECT_EQ(fate_of(run_shell), -SIGSYS); }

TEST(Confinement, WhoLooksIntoAnotherProcessIsKilled) {
  EXPECT_EQ(fate_of([] { return ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr); }), -SIGSYS);
  EXPECT_EQ(fate_of([] {
              char byte = 0;
              const iovec here{&byte, 1};
              return process_vm_readv(getppid(), &here, 1, &here, 1, 0);
            }),
            -SIGSYS);
}

TEST(Confinement, ThereAreNoMoreProcessesOrThreads) {
  EXPECT_EQ(fate_of([] { return fork(); }), EPERM);
  EXPECT_EQ(fate_of([] { return syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0); }),
            EPERM);
  EXPECT_EQ(fate_of([] { return unshare(CLONE_NEWUSER); }), EPERM);
}

TEST(Confinement, NoSignalLeavesTheProcess) {
  EXPECT_EQ(fate_of([] { return kill(getppid(), 0); }), EPERM);
  EXPECT_EQ(fate_of([] { return kill(-1, 0); }), EPERM);
  EXPECT_EQ(fate_of([] { return syscall(SYS_pidfd_open, getppid(), 0); }), EPERM);
  EXPECT_EQ(fate_of([] { return kill(getpid(), 0); }), kDone);
}

// As base::require does when an invariant of our own is broken.
TEST(Confinement, AbortStillEndsIt) {
  EXPECT_EQ(fate_of([]() -> long { std::abort(); }), -SIGABRT);
}

TEST(Confinement, TheTreeOfFilesStaysAsItIs) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.file("file");
  close(open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_EQ(fate_of([&] { return unlink(file.c_str()); }), EPERM);
  EXPECT_EQ(fate_of([&] { return rename(file.c_str(), directory.file("b").c_str()); }), EPERM);
  EXPECT_EQ(fate_of([&] { return mkdir(directory.file("d").c_str(), 0700); }), EPERM);
  EXPECT_EQ(fate_of([&] { return chmod(file.c_str(), 0777); }), EPERM);
  EXPECT_EQ(fate_of([] { return mount("none", "/mnt", "tmpfs", 0, nullptr); }), EPERM);
  EXPECT_EQ(fate_of([&] { return open(file.c_str(), O_RDONLY | O_CLOEXEC); }), kDone);
}

TEST(Confinement, SocketsAreForTheDatabaseAndForNames) {
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}) {
    EXPECT_EQ(fate_of([&] { return socket(family, SOCK_DGRAM, 0); }), kDone) << family;
  }
  for (const int family : {AF_UNSPEC, AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH}) {
    EXPECT_EQ(fate_of([&] { return socket(family, SOCK_RAW, 0); }), EAFNOSUPPORT) << family;
  }
  EXPECT_EQ(fate_of([] { return listen(socket(AF_INET, SOCK_STREAM, 0), 1); }), EPERM);
}

TEST(Confinement, NoNewCode) {
  EXPECT_EQ(fate_of([] {
              void* const page =
                  mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return mprotect(page, 4096, PROT_READ | PROT_EXEC);
            }),
            EPERM);
  EXPECT_EQ(fate_of([] {
              return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                         ? -1
                         : 0;
            }),
            EPERM);
  EXPECT_EQ(fate_of([] { return syscall(SYS_memfd_create, "code", 0); }), EPERM);
  EXPECT_EQ(fate_of([] { return syscall(SYS_bpf, 0, nullptr, 0); }), -SIGSYS);
}

// The units leave these to it (systemd/README.md).
TEST(Confinement, WhatTheUnitsDoNotForbidIt) {
  EXPECT_EQ(fate_of([] { return personality(ADDR_NO_RANDOMIZE); }), EPERM);
  EXPECT_EQ(fate_of([] { return sethostname("other", 5); }), EPERM);
  EXPECT_EQ(fate_of([] { return setdomainname("other", 5); }), EPERM);
  EXPECT_EQ(fate_of([] { return shmat(0, nullptr, SHM_EXEC) == kShmatFailed ? -1 : 0; }), EPERM);
  EXPECT_EQ(fate_of([] { return syscall(SYS_pkey_mprotect, nullptr, 0, PROT_EXEC, -1); }), EPERM);
}

// Our own filter is such a sandbox.
TEST(Confinement, ASandboxThatAllowsNoFilterIsAnAnswer) {
  EXPECT_EQ(fate_of([] { return forbid_what_no_worker_does() ? 0 : (errno = EACCES, -1); }),
            EACCES);
}

TEST(Confinement, WhatIsHiddenStaysHidden) {
  EXPECT_EQ(fate_of([] { return prctl(PR_SET_DUMPABLE, 1); }), EPERM);
}

TEST(Confinement, HiddenMemoryMeansNoCoreAndNoDebugger) {
  test::ChildProcess child([] {
    hide_memory();
    rlimit core{};
    getrlimit(RLIMIT_CORE, &core);
#ifdef __SANITIZE_ADDRESS__
    const bool is_hidden = true;  // not there: its search for leaks is a debugger
#else
    const bool is_hidden = prctl(PR_GET_DUMPABLE) == 0;
#endif
    return core.rlim_max == 0 && is_hidden ? kDone : kNotConfined;
  });
  EXPECT_EQ(child.wait(), kDone);
}

}  // namespace
}  // namespace latchkey::process
