// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one password hash costs, in the measures of all schemes: each reads its own and leaves the
// others alone.
//
// Runs in hash workers and on the command line; made of the settings. No failures.

namespace latchkey::crypto {

struct PasswordCost {
  int bcrypt_rounds = 0;      // log2 of them: one more doubles the work
  int argon2_memory_kib = 0;  // the work grows with memory times passes
  int argon2_passes = 0;

  bool operator==(const PasswordCost&) const = default;
};

}  // namespace latchkey::crypto
