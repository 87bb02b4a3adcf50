// SPDX-License-Identifier: Apache-2.0
#include "cli/password_parts.h"

#include <cstddef>

namespace latchkey::cli {
namespace {

service::PasswordPolicyKind kind_of(config::PasswordPolicy policy) {
  switch (policy) {
    case config::PasswordPolicy::kComposition:
      return service::PasswordPolicyKind::kComposition;
    case config::PasswordPolicy::kStrength:
      return service::PasswordPolicyKind::kStrength;
    case config::PasswordPolicy::kLength:
      break;
  }
  return service::PasswordPolicyKind::kLength;
}

std::optional<crypto::Blocklist> open_blocklist(const std::string& path) {
  if (path.empty()) return std::nullopt;
  return std::optional<crypto::Blocklist>(std::in_place, path);
}

}  // namespace

PasswordParts::PasswordParts(const config::Settings& settings, base::Random& random)
    : hasher_(*settings.password_hash, settings.password_cost(), random, clock_),
      blocklist_(open_blocklist(settings.password_blocklist)),
      policy_(kind_of(settings.password_policy),
              static_cast<std::size_t>(settings.password_min_length), hasher_.max_password_bytes(),
              settings.password_min_score, blocklist_ ? &*blocklist_ : nullptr) {}

}  // namespace latchkey::cli
