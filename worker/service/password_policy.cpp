// SPDX-License-Identifier: Apache-2.0
#include "service/password_policy.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"
#include "base/utf8.h"
#include "crypto/password_strength.h"

namespace latchkey::service {
namespace {

using base::equals_ignoring_case;

bool has_any(std::string_view text, char first, char last) {
  return std::any_of(text.begin(), text.end(),
                     [=](char byte) { return byte >= first && byte <= last; });
}

void check_composition(std::string_view field, std::string_view password, Faults& faults) {
  if (has_any(password, 'A', 'Z') && has_any(password, 'a', 'z') && has_any(password, '0', '9')) {
    return;
  }
  faults.push_back({std::string(field), "composition",
                    "must have an upper-case letter, a lower-case letter and a digit"});
}

}  // namespace

void PasswordPolicy::check(std::string_view field, std::string_view password,
                           const PasswordOwner& owner, Faults& faults) const {
  const std::string name(field);
  if (base::count_code_points(password) < min_length_) {
    faults.push_back(
        {name, "too_short", "must have at least " + std::to_string(min_length_) + " characters"});
  }
  if (password.size() > max_bytes_) {
    faults.push_back(
        {name, "too_long", "must have at most " + std::to_string(max_bytes_) + " bytes in UTF-8"});
  }
  if (equals_ignoring_case(password, owner.email) ||
      equals_ignoring_case(password, owner.username)) {
    faults.push_back({name, "same_as_name", "must not be the email or the username"});
  }
  if (kind_ == PasswordPolicyKind::kComposition) check_composition(field, password, faults);
  if (kind_ == PasswordPolicyKind::kStrength && is_weak(password, owner))
    faults.push_back({name, "too_weak", "is too easy to guess"});
  if (blocklist_ != nullptr && blocklist_->contains(password))
    faults.push_back({name, "too_common", "is one of the passwords that are guessed first"});
}

// What is known of the owner makes no password stronger: the names, whole and in parts.
bool PasswordPolicy::is_weak(std::string_view password, const PasswordOwner& owner) const {
  const std::size_t at = std::min(owner.email.find('@'), owner.email.size());
  const std::string_view domain = owner.email.substr(std::min(at + 1, owner.email.size()));
  const std::array words{owner.username, owner.email, owner.email.substr(0, at), domain,
                         domain.substr(0, domain.find('.'))};
  return crypto::password_score(password, words) < min_score_;
}

}  // namespace latchkey::service
