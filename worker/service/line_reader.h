// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lines of a file of any size, in bounded memory: a line that is too long is read to its end
// and thrown away.
//
// Used by `latchkey user import`. Reading fails as its source does.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace latchkey::service {

// Many times what a user needs.
inline constexpr std::size_t kMaxLineBytes = std::size_t{16} * 1024;

struct Line {
  std::int64_t number = 0;  // from 1
  std::string text;         // without its end, LF or CRLF
  bool is_too_long = false;
};

// Fills the front of the span, and says how far; 0 at the end.
using ByteSource = std::function<std::size_t(std::span<char> buffer)>;

class LineReader {
 public:
  explicit LineReader(ByteSource source) : source_(std::move(source)) {}

  // nullopt at the end. A last line without an end counts.
  std::optional<Line> next();
  [[nodiscard]] std::int64_t bytes_read() const { return bytes_read_; }

 private:
  bool fill();

  ByteSource source_;
  std::string buffer_ = std::string(std::size_t{64} * 1024, '\0');
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::int64_t number_ = 0;
  std::int64_t bytes_read_ = 0;
};

}  // namespace latchkey::service
