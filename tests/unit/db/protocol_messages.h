// SPDX-License-Identifier: Apache-2.0
#pragma once

// Messages of PostgreSQL's protocol, version 3.0 (manual, "Message Formats"): as much of it as a
// server needs that answers a call.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::db {

using Value = std::optional<std::string>;
using Row = std::vector<Value>;

inline constexpr std::uint32_t kNull = 0xFFFFFFFFU;

inline std::uint32_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text.at(at));
}
inline std::uint32_t short_at(std::string_view text, std::size_t at) {
  return byte_at(text, at) << 8U | byte_at(text, at + 1);
}
inline std::uint32_t number_at(std::string_view text, std::size_t at) {
  return short_at(text, at) << 16U | short_at(text, at + 2);
}
inline std::string short_of(std::size_t value) {
  return {static_cast<char>(value >> 8U & 0xFFU), static_cast<char>(value & 0xFFU)};
}
inline std::string number_of(std::size_t value) {
  return short_of(value >> 16U & 0xFFFFU) + short_of(value & 0xFFFFU);
}
inline std::string message(char type, std::string_view body) {
  return type + number_of(body.size() + 4) + std::string(body);
}
inline std::string parameter(const std::string& name, const std::string& value) {
  return message('S', name + '\0' + value + '\0');
}
inline std::string ready() { return message('Z', "I"); }
inline std::string error(const std::string& severity, const std::string& sqlstate) {
  return message('E', "S" + severity + '\0' + "V" + severity + '\0' + "C" + sqlstate + '\0' +
                          "Mscripted" + '\0' + '\0');
}
inline std::string table(const std::vector<Row>& rows) {
  const std::size_t columns = rows.empty() ? 0 : rows.front().size();
  std::string description = short_of(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    description += "c" + std::string(1, '\0') + number_of(0) + short_of(0) + number_of(25) +
                   short_of(0xFFFF) + number_of(kNull) + short_of(0);
  }
  std::string out = message('T', description);
  for (const Row& row : rows) {
    std::string data = short_of(row.size());
    for (const Value& value : row) {
      data += value ? number_of(value->size()) + *value : number_of(kNull);
    }
    out += message('D', data);
  }
  return out;
}

}  // namespace latchkey::db
