// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which passwords a user may choose.
//
// Length counts in code points, as people count; the upper bound counts in bytes, as the hash
// does: bcrypt would silently ignore what lies past byte 72, so a longer password is refused, never
// cut. The kinds of the setting PASSWORD_POLICY are rows; each adds to the rules of length
// (NIST SP 800-63B, section 5.1.1.2, advises against composition: it is there for those who must).
// A blocklist is asked under every kind, as that section asks for.
//
// Runs in hash workers. A fault is an answer, not an exception. A blocklist that cannot be read is
// base::Error(kInternalError).

#include <cstddef>
#include <string_view>

#include "crypto/blocklist.h"
#include "service/field_rules.h"

namespace latchkey::service {

enum class PasswordPolicyKind {
  kLength,
  kComposition,  // an upper-case letter, a lower-case letter and a digit
  kStrength,     // a score of crypto/password_strength.h
};

// Whom the password is for: it may not be their name.
struct PasswordOwner {
  std::string_view email;
  std::string_view username;
};

class PasswordPolicy {
 public:
  // `min_score` is that of kStrength. `blocklist` outlives the policy; nullptr: there is none.
  PasswordPolicy(PasswordPolicyKind kind, std::size_t min_length, std::size_t max_bytes,
                 int min_score = 0, const crypto::Blocklist* blocklist = nullptr)
      : kind_(kind),
        min_length_(min_length),
        max_bytes_(max_bytes),
        min_score_(min_score),
        blocklist_(blocklist) {}

  // `field` is the name that the client knows the password by.
  void check(std::string_view field, std::string_view password, const PasswordOwner& owner,
             Faults& faults) const;

 private:
  [[nodiscard]] bool is_weak(std::string_view password, const PasswordOwner& owner) const;

  PasswordPolicyKind kind_;
  std::size_t min_length_;
  std::size_t max_bytes_;
  int min_score_;
  const crypto::Blocklist* blocklist_;
};

}  // namespace latchkey::service
