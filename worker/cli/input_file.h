// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file that a command is given to read, once and from its beginning; "-" is standard input.
//
// Runs on the command line. A file that cannot be read is a FileFailure, which says so.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "base/descriptor.h"

namespace latchkey::cli {

class FileFailure : public std::runtime_error {
 public:
  // By errno.
  explicit FileFailure(const std::string& path);
};

class InputFile {
 public:
  explicit InputFile(const std::string& path);

  // Fills the front of the buffer, and says how far; 0 at the end.
  std::size_t read_into(std::span<char> buffer) const;
  // nullopt: nobody knows.
  [[nodiscard]] std::optional<std::int64_t> size() const { return size_; }

 private:
  std::string path_;
  base::Descriptor file_;
  int fd_ = STDIN_FILENO;
  std::optional<std::int64_t> size_;
};

}  // namespace latchkey::cli
