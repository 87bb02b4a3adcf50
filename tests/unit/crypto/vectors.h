// SPDX-License-Identifier: Apache-2.0
#pragma once

// Test vectors of others (tests/vectors), read with a JSON parser that is not ours.

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

namespace latchkey::crypto {

inline Poco::JSON::Object::Ptr read_vectors(const std::string& path) {
  const std::string full_path = std::string(LATCHKEY_VECTORS) + "/" + path;
  std::ifstream file(full_path);
  if (!file) throw std::runtime_error("cannot read " + full_path);
  return Poco::JSON::Parser().parse(file).extract<Poco::JSON::Object::Ptr>();
}

// Calls `visit` with each object of the array `name`.
template <typename Visit>
void for_each_in(const Poco::JSON::Object& parent, const std::string& name, Visit visit) {
  const auto array = parent.getArray(name);
  for (std::size_t i = 0; i < array->size(); ++i) {
    visit(*array->getObject(static_cast<unsigned>(i)));
  }
}

inline std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace latchkey::crypto
