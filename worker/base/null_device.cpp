// SPDX-License-Identifier: Apache-2.0
#include "base/null_device.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::base {

Descriptor open_null() {
  for (;;) {
    const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "open /dev/null");
    if (fd > STDERR_FILENO) return Descriptor(fd);
    fcntl(fd, F_SETFD, 0);
  }
}

}  // namespace latchkey::base
