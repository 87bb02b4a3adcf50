// SPDX-License-Identifier: Apache-2.0
#include "base/small_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"

namespace latchkey::base {
namespace {

std::string describe(int error) { return std::generic_category().message(error); }

}  // namespace

std::optional<std::string> read_small_file(const std::string& path, std::size_t max_bytes,
                                           std::string& text, mode_t* mode) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return describe(errno);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return describe(errno);
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
  if (mode != nullptr) *mode = status.st_mode;
  text.resize(max_bytes + 1);
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return describe(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) return "it is larger than " + std::to_string(max_bytes / 1024) + " KiB";
  text.resize(size);
  return std::nullopt;
}

}  // namespace latchkey::base
