// SPDX-License-Identifier: Apache-2.0
#include "config/environment.h"

#include <cstddef>
#include <cstring>
#include <string_view>

#include "config/rows.h"

namespace latchkey::config {
namespace {

// The value of a secret setting in "NAME=value"; empty for anything else.
std::string_view secret_value_in(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return {};
  const Row* const row = find_row(entry.substr(0, equals));
  return row != nullptr && row->is_secret() ? entry.substr(equals + 1) : std::string_view();
}

}  // namespace

Environment::Environment(char** variables) {
  char** kept = variables;
  for (char** variable = variables; *variable != nullptr; ++variable) {
    const std::string_view secret = secret_value_in(*variable);
    if (secret.empty()) {
      all_.push_back(*variable);
      *kept++ = *variable;
      continue;
    }
    secrets_.emplace_back(std::string_view(*variable));
    explicit_bzero(*variable + (secret.data() - *variable), secret.size());
  }
  *kept = nullptr;
  for (const base::Secret& secret : secrets_) all_.push_back(secret.reveal_c_str());
  all_.push_back(nullptr);
}

}  // namespace latchkey::config
