// SPDX-License-Identifier: Apache-2.0
#pragma once

// An environment and a file for load(), made of what a test says.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "config/load.h"

namespace latchkey::config {

inline constexpr const char* kGoodUrl = "postgresql://latchkey_app:Xk7pw@db/latchkey";
inline constexpr const char* kGoodKey = "Zq3vN8rT5yUiOpAsDfGhJkLzXcVbNm0172";

using Variables = std::map<std::string, std::string>;

// What is required, and `more` over it.
inline Variables with(const Variables& more) {
  Variables all = more;
  all.emplace("DATABASE_URL", kGoodUrl);
  all.emplace("JWT_SECRET_KEY", kGoodKey);
  return all;
}

inline Settings load_from(const Variables& variables,
                          const std::optional<std::string>& file = std::nullopt) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  std::vector<const char*> environment;
  for (const std::string& entry : entries) environment.push_back(entry.c_str());
  environment.push_back(nullptr);
  return load(environment.data(), file);
}

// The errors of a load that must fail.
inline std::vector<std::string> errors_of(const Variables& variables,
                                          const std::optional<std::string>& file = std::nullopt) {
  try {
    (void)load_from(variables, file);
  } catch (const ConfigurationError& error) {
    return error.errors();
  }
  return {};
}

// A file that lives as long as the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string name = "/tmp/latchkey-config-XXXXXX";
    const int fd = mkstemp(name.data());
    if (fd < 0) throw std::runtime_error("mkstemp");
    close(fd);
    path_ = name;
    std::ofstream(path_, std::ios::binary) << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace latchkey::config
