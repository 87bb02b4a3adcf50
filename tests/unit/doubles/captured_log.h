// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "base/json_reader.h"
#include "base/log.h"

namespace latchkey::doubles {

// While it lives, standard error goes to memory, and the log is set to the given level. Afterwards
// the log is quiet.
class CapturedLog {
 public:
  explicit CapturedLog(base::LogLevel level = base::LogLevel::kInfo)
      : memory_(memfd_create("log", MFD_CLOEXEC)), saved_(dup(STDERR_FILENO)) {
    if (memory_ < 0 || saved_ < 0) throw std::runtime_error("standard error cannot be captured");
    dup2(memory_, STDERR_FILENO);
    base::configure_logging(level, "api/1");
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  ~CapturedLog() {
    base::configure_logging(base::LogLevel::kCritical, "");
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close(memory_);
  }

  [[nodiscard]] std::string text() const {
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t got =
          pread(memory_, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
      if (got <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  [[nodiscard]] std::vector<base::JsonObject> lines() const {
    std::vector<base::JsonObject> lines;
    const std::string all = text();
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t end = all.find('\n', at);
      lines.push_back(base::parse_json_object(std::string_view(all).substr(at, end - at)));
      at = end + 1;
    }
    return lines;
  }

 private:
  int memory_;
  int saved_;
};

}  // namespace latchkey::doubles
