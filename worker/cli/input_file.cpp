// SPDX-License-Identifier: Apache-2.0
#include "cli/input_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace latchkey::cli {

FileFailure::FileFailure(const std::string& path)
    : std::runtime_error(path + ": " + std::strerror(errno)) {}

InputFile::InputFile(const std::string& path) : path_(path) {
  if (path != "-") {
    file_ = base::Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_) throw FileFailure(path);
    fd_ = file_.get();
  }
  struct stat status {};
  if (fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)) size_ = status.st_size;
}

std::size_t InputFile::read_into(std::span<char> buffer) const {
  for (;;) {
    const ssize_t got = read(fd_, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw FileFailure(path_);
  }
}

}  // namespace latchkey::cli
