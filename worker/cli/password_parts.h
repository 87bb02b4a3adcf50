// SPDX-License-Identifier: Apache-2.0
#pragma once

// What hashes and judges passwords, by the settings: the same for workers and for the commands of
// administrators.
//
// Runs in workers and on the command line. A blocklist that has become unusable since the settings
// were loaded is a crypto::BlocklistFault.

#include <optional>

#include "base/processor_clock.h"
#include "base/random.h"
#include "config/settings.h"
#include "crypto/blocklist.h"
#include "crypto/password_hasher.h"
#include "service/password_policy.h"

namespace latchkey::cli {

class PasswordParts {
 public:
  // `random` outlives the parts.
  PasswordParts(const config::Settings& settings, base::Random& random);

  crypto::SchemeHasher& hasher() { return hasher_; }
  const service::PasswordPolicy& policy() const { return policy_; }

 private:
  base::SystemProcessorClock clock_;
  crypto::SchemeHasher hasher_;
  std::optional<crypto::Blocklist> blocklist_;
  service::PasswordPolicy policy_;
};

}  // namespace latchkey::cli
