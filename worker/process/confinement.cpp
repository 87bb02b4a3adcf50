// SPDX-License-Identifier: Apache-2.0
#include "process/confinement.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <linux/mman.h>
#include <memory>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::process {
namespace {

#ifdef LATCHKEY_HARDENING
constexpr bool kConfines = true;
#else
constexpr bool kConfines = false;
#endif

// clang-format off
constexpr std::array kKilled{
    SCMP_SYS(execve), SCMP_SYS(execveat),
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(bpf),
    SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
};

constexpr std::array kRefused{
    // processes and threads; clone3 is below
    SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone),
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(personality), SCMP_SYS(seccomp),
    // other processes; kill and tgkill are below
    SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(process_madvise), SCMP_SYS(setpgid), SCMP_SYS(setsid),
    // who we are
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid),
    SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
    SCMP_SYS(setgroups), SCMP_SYS(capset),
    // the tree of files
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
    SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsmount),
    SCMP_SYS(fsconfig), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at),
    SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir),
    SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(truncate),
    SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown),
    SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr),
    // the kernel's wide doors
    SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
    SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open), SCMP_SYS(memfd_create), SCMP_SYS(shmat),
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(pkey_mprotect),
    SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(syslog),
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime),
    SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(vhangup), SCMP_SYS(lookup_dcookie),
    // there is one listening socket, and it was inherited
    SCMP_SYS(listen),
};
// clang-format on

constexpr std::array kSocketFamilies{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr std::uint64_t kWritableCode = PROT_WRITE | PROT_EXEC;

void require(int result, const char* call) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), call);
}

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ALLOW)) {
    if (context_ == nullptr) throw std::system_error(ENOMEM, std::generic_category(), "seccomp");
    // The calls of another architecture have other numbers: a way around all of this.
    require(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
            "seccomp_attr_set");
    // A tree in place of a list: what is allowed is found after seven comparisons, not a hundred.
    require(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "seccomp_attr_set");
  }

  void kill(int call) { add(SCMP_ACT_KILL_PROCESS, call); }
  void refuse(int call, int error = EPERM) { add(answer(error), call); }
  void refuse_if(int call, scmp_arg_cmp condition, int error = EPERM) {
    require(seccomp_rule_add_array(context_.get(), answer(error), call, 1, &condition),
            "seccomp_rule_add");
  }

  void load() { require(seccomp_load(context_.get()), "seccomp_load"); }

 private:
  static std::uint32_t answer(int error) {
    return SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error));
  }
  void add(std::uint32_t action, int call) {
    require(seccomp_rule_add_array(context_.get(), action, call, 0, nullptr), "seccomp_rule_add");
  }

  std::unique_ptr<void, Release> context_;
};

constexpr scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
constexpr scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

void limit_sockets(Filter& filter) {
  int next = 0;
  for (const int family : kSocketFamilies) {
    for (; next < family; ++next)
      filter.refuse_if(SCMP_SYS(socket), equals(0, static_cast<std::uint64_t>(next)), EAFNOSUPPORT);
    ++next;
  }
  filter.refuse_if(SCMP_SYS(socket), {0, SCMP_CMP_GE, static_cast<std::uint64_t>(next), 0},
                   EAFNOSUPPORT);
}

void limit_signals(Filter& filter) {
  // abort() signals itself.
  const scmp_arg_cmp is_another{0, SCMP_CMP_NE, static_cast<std::uint64_t>(getpid()), 0};
  filter.refuse_if(SCMP_SYS(kill), is_another);
  filter.refuse_if(SCMP_SYS(tgkill), is_another);
}

void limit_code(Filter& filter) {
  filter.refuse_if(SCMP_SYS(mprotect), has_bits(2, PROT_EXEC));
  filter.refuse_if(SCMP_SYS(mmap), has_bits(2, kWritableCode));
}

}  // namespace

void hide_memory() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__  // whose search for leaks is a debugger of the same user
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

bool forbid_what_no_worker_does() {
  try {
    Filter filter;
    for (const int call : kKilled) filter.kill(call);
    for (const int call : kRefused) filter.refuse(call);
    filter.refuse(SCMP_SYS(clone3), ENOSYS);  // as an old kernel would: libc then asks for clone
    filter.refuse_if(SCMP_SYS(prctl), equals(0, PR_SET_DUMPABLE));
    limit_sockets(filter);
    limit_signals(filter);
    limit_code(filter);
    filter.load();
    return true;
  } catch (const std::system_error&) {
    return false;  // libseccomp's numbers say little about the reason
  }
}

bool confine_worker() {
  if (!kConfines) return true;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw std::system_error(errno, std::generic_category(), "PR_SET_NO_NEW_PRIVS");
  return forbid_what_no_worker_does();
}

}  // namespace latchkey::process
