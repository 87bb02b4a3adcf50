// SPDX-License-Identifier: Apache-2.0
#include "process/priority.h"

#include <algorithm>
#include <cstdint>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace latchkey::process {
namespace {

constexpr int kNiceness = 10;
constexpr std::uint64_t kSliceNs = 100'000'000;  // the longest that the kernel takes

// sched_setattr(2): glibc has no wrapper, and the kernel's header clashes with <sched.h>.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t niceness = 0;
  std::uint32_t priority = 0;
  std::uint64_t slice_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};

void be_nice_as_a_group() {
  setsid();  // refused to the leader of a group of processes, which systemd's services are
  // Whoever is started by hand shares the session with a shell, and must not slow that down.
  if (getsid(0) != getpid()) return;
  const base::Descriptor file(open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(kNiceness);
  if (file) [[maybe_unused]]
    const ssize_t written = write(file.get(), text.data(), text.size());
}

// A kernel before 6.12 has no slices, and takes the niceness.
void be_nice() {
  SchedulingAttributes attributes;
  attributes.niceness = std::max(kNiceness, getpriority(PRIO_PROCESS, 0));
  attributes.slice_ns = kSliceNs;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace

void come_last() {
  be_nice_as_a_group();
  be_nice();
}

}  // namespace latchkey::process
