// SPDX-License-Identifier: Apache-2.0
#include "process/memory_bound.h"

#include <cerrno>
#include <new>
#include <sys/resource.h>
#include <system_error>

namespace latchkey::process {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kHasShadowMemory = true;
#else
constexpr bool kHasShadowMemory = false;
#endif

bool ran_out = false;

[[noreturn]] void on_exhaustion() {
  ran_out = true;
  throw std::bad_alloc();
}

}  // namespace

void bound_memory(std::uint64_t bytes) {
  if (kHasShadowMemory) return;
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0)
    throw std::system_error(errno, std::generic_category(), "getrlimit");
  // Whoever started us may have set a lower one.
  if (bytes < limit.rlim_cur) limit.rlim_cur = bytes;
  if (setrlimit(RLIMIT_DATA, &limit) != 0)
    throw std::system_error(errno, std::generic_category(), "setrlimit");
  std::set_new_handler(on_exhaustion);
}

bool memory_ran_out() { return ran_out; }

}  // namespace latchkey::process
