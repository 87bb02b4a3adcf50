// SPDX-License-Identifier: Apache-2.0
#include "config/text_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/utf8.h"

namespace latchkey::config {
namespace {

std::string describe(int error) { return std::generic_category().message(error); }

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

}  // namespace

std::optional<std::string> read_text(const std::string& path, std::size_t max_bytes,
                                     std::string& text) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const base::Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return describe(errno);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return describe(errno);
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
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

const char* fault_of_line(std::string_view line) {
  if (!base::is_valid_utf8(line)) return "is not UTF-8";
  if (std::ranges::any_of(line, is_control)) return "has a control character";
  return nullptr;
}

}  // namespace latchkey::config
