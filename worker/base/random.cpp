// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <cerrno>
#include <sys/random.h>

#include "base/invariant.h"

namespace latchkey::base {

void SystemRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      require(false, "the kernel gives no random bytes");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace latchkey::base
