// SPDX-License-Identifier: Apache-2.0
#include "config/key_check.h"

#include <utility>

namespace latchkey::config {

crypto::KeySource key_source_of(const Settings& settings) {
  return {.signs_by = settings.jwt_algorithm,
          .secret = settings.jwt_secret_key.clone(),
          .directory = settings.jwt_keys_dir};
}

std::vector<KeyFault> check_keys(const Settings& settings) {
  const std::string by =
      "is required by JWT_ALGORITHM=" + std::string(settings.jwt_algorithm->name);
  if (settings.jwt_keys_dir.empty()) {
    if (!settings.jwt_algorithm->is_symmetric) {
      return {{"JWT_KEYS_DIR", by + "; name a directory, and make a key there with \"latchkey keys "
                                    "generate\""}};
    }
    if (settings.jwt_secret_key.empty()) {
      return {{"JWT_SECRET_KEY", by + ", unless JWT_KEYS_DIR has such a key"}};
    }
  }
  std::vector<KeyFault> faults;
  for (std::string& wrong : crypto::read_keys(key_source_of(settings)).faults)
    faults.push_back({"JWT_KEYS_DIR", std::move(wrong)});
  return faults;
}

}  // namespace latchkey::config
