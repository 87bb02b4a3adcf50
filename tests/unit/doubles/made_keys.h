// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "crypto/jws_algorithm.h"
#include "crypto/key_file.h"

namespace latchkey::doubles {

// A key directory that lives as long as the object.
class MadeKeys {
 public:
  MadeKeys() {
    std::string path = "/tmp/latchkey-keys-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = path;
  }
  MadeKeys(const MadeKeys&) = delete;
  MadeKeys& operator=(const MadeKeys&) = delete;
  ~MadeKeys() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

  // The file's name.
  [[nodiscard]] std::string add(std::string_view algorithm, std::int64_t signs_from_ms) const {
    const crypto::JwsAlgorithm& row = *crypto::find_jws_algorithm(algorithm);
    const crypto::KeyFileName name{signs_from_ms, &row};
    crypto::write_key_file(path_, name, row.generate(row.sizes.min_bits));
    return name.text();
  }

  void put(const std::string& name, const std::string& content, unsigned mode = 0640) const {
    const std::string file = path_ + '/' + name;
    std::ofstream(file, std::ios::binary) << content;
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(path_ + '/' + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

}  // namespace latchkey::doubles
