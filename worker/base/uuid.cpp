// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"

#include <cstdint>

namespace latchkey::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool has_hyphen_before(std::size_t byte_index) {
  return byte_index == 4 || byte_index == 6 || byte_index == 8 || byte_index == 10;
}

std::optional<std::uint8_t> hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<std::uint8_t>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<std::uint8_t>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<std::uint8_t>(digit - 'A' + 10);
  return std::nullopt;
}

}  // namespace

Uuid Uuid::random(Random& random) {
  Uuid uuid;
  random.fill(uuid.bytes_);
  uuid.bytes_[6] = (uuid.bytes_[6] & std::byte{0x0F}) | std::byte{0x40};
  uuid.bytes_[8] = (uuid.bytes_[8] & std::byte{0x3F}) | std::byte{0x80};
  return uuid;
}

Uuid Uuid::in_order(std::int64_t wall_ms, Random& random) {
  constexpr std::size_t kTimeBytes = 6;
  Uuid uuid;
  random.fill(uuid.bytes_);
  auto rest = static_cast<std::uint64_t>(wall_ms);
  for (std::size_t i = kTimeBytes; i-- > 0; rest >>= 8U)
    uuid.bytes_.at(i) = std::byte(rest & 0xFFU);
  uuid.bytes_[6] = (uuid.bytes_[6] & std::byte{0x0F}) | std::byte{0x70};
  uuid.bytes_[8] = (uuid.bytes_[8] & std::byte{0x3F}) | std::byte{0x80};
  return uuid;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes_.size(); ++i) {
    if (has_hyphen_before(i) && text[at++] != '-') return std::nullopt;
    const auto high = hex_value(text[at++]);
    const auto low = hex_value(text[at++]);
    if (!high || !low) return std::nullopt;
    uuid.bytes_.at(i) = static_cast<std::byte>((*high << 4U) | *low);
  }
  return uuid;
}

std::string Uuid::text() const {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (has_hyphen_before(i)) text += '-';
    const auto byte = std::to_integer<std::uint8_t>(bytes_.at(i));
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 0x0FU];
  }
  return text;
}

}  // namespace latchkey::base
