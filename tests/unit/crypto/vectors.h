// SPDX-License-Identifier: Apache-2.0
#pragma once

// Test vectors of others (tests/vectors), read with a JSON parser that is not ours.

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace latchkey::crypto {

inline nlohmann::json read_vectors(const std::string& path) {
  const std::string full_path = std::string(LATCHKEY_VECTORS) + "/" + path;
  std::ifstream file(full_path);
  if (!file) throw std::runtime_error("cannot read " + full_path);
  return nlohmann::json::parse(file);
}

// Calls `visit` with each object of the array `name`.
template <typename Visit>
void for_each_in(const nlohmann::json& parent, const std::string& name, Visit visit) {
  for (const nlohmann::json& object : parent.at(name)) visit(object);
}

inline std::string text_of(const nlohmann::json& parent, const std::string& name) {
  return parent.at(name).get<std::string>();
}

inline std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace latchkey::crypto
