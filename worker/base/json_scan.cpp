// SPDX-License-Identifier: Apache-2.0
#include "base/json_scan.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "base/utf8.h"

namespace latchkey::base {
namespace {

// The four hexadecimal digits of a \uXXXX escape.
std::optional<std::uint32_t> read_hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  const char* const end = text.data() + 4;
  const auto parsed = std::from_chars(text.data(), end, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

class Scan {
 public:
  Scan(std::string_view text, std::size_t max_depth) : rest_(text), max_depth_(max_depth) {}

  std::string_view run() {
    while (!rest_.empty()) {
      const std::string_view fault = in_string_ ? step_in_string() : step_outside();
      if (!fault.empty()) return fault;
    }
    return {};
  }

 private:
  std::string_view step_outside() {
    const char byte = rest_.front();
    rest_.remove_prefix(1);
    if (byte == '"') {
      in_string_ = true;
    } else if (byte == '{' || byte == '[') {
      if (++depth_ > max_depth_) return "it is nested too deeply";
    } else if (byte == '}' || byte == ']') {
      if (depth_ > 0) --depth_;
    } else if (byte == '\0') {
      return "it contains a NUL character";
    } else if (static_cast<unsigned char>(byte) >= 0x80) {
      return "it contains characters outside of strings";
    }
    return {};
  }

  std::string_view step_in_string() {
    if (rest_.front() == '\\') return step_escape();
    if (rest_.front() == '\0') return "it contains a NUL character";
    const std::size_t length = utf8_sequence_length(rest_);
    if (length == 0) return "it is not valid UTF-8";
    if (rest_.front() == '"') in_string_ = false;
    rest_.remove_prefix(length);
    return {};
  }

  std::string_view step_escape() {
    rest_.remove_prefix(1);
    if (rest_.empty()) return {};
    const bool is_unicode = rest_.front() == 'u';
    if (!is_unicode) {
      // A byte past ASCII stays where it is, for the UTF-8 check; the grammar refuses it anyway.
      if (static_cast<unsigned char>(rest_.front()) < 0x80) rest_.remove_prefix(1);
      return {};
    }
    rest_.remove_prefix(1);
    const auto unit = read_hex4(rest_);
    if (!unit) return {};
    rest_.remove_prefix(4);
    if (*unit == 0) return "it contains a NUL character";
    if (is_low_surrogate(*unit)) return "it contains half of a surrogate pair";
    if (is_high_surrogate(*unit)) return step_low_surrogate();
    return {};
  }

  std::string_view step_low_surrogate() {
    if (!rest_.starts_with("\\u")) return "it contains half of a surrogate pair";
    const auto low = read_hex4(rest_.substr(2));
    if (!low || !is_low_surrogate(*low)) return "it contains half of a surrogate pair";
    rest_.remove_prefix(6);
    return {};
  }

  std::string_view rest_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  bool in_string_ = false;
};

}  // namespace

std::string_view find_json_fault(std::string_view text, std::size_t max_depth) {
  return Scan(text, max_depth).run();
}

}  // namespace latchkey::base
