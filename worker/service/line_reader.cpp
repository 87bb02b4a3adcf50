// SPDX-License-Identifier: Apache-2.0
#include "service/line_reader.h"

#include <algorithm>
#include <string_view>

namespace latchkey::service {

bool LineReader::fill() {
  begin_ = 0;
  end_ = source_(buffer_);
  bytes_read_ += static_cast<std::int64_t>(end_);
  return end_ != 0;
}

std::optional<Line> LineReader::next() {
  if (begin_ == end_ && !fill()) return std::nullopt;
  Line line{.number = ++number_, .text = {}};
  for (;;) {
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const std::size_t newline = rest.find('\n');
    const std::string_view part = rest.substr(0, newline);
    // One more for the CR of a line end.
    if (line.text.size() + part.size() > kMaxLineBytes + 1) {
      line.is_too_long = true;
      line.text.clear();
    }
    if (!line.is_too_long) line.text += part;
    begin_ += std::min(part.size() + 1, rest.size());
    if (newline != std::string_view::npos || !fill()) break;
  }
  if (line.text.ends_with('\r')) line.text.pop_back();
  if (line.text.size() > kMaxLineBytes) {
    line.is_too_long = true;
    line.text.clear();
  }
  return line;
}

}  // namespace latchkey::service
