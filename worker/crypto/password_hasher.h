// SPDX-License-Identifier: Apache-2.0
#pragma once

// What service/ knows of password hashing: make a hash, check one, and spend the time of a check
// when there is nothing to check.
//
// Whether a user exists must not show in the time of an answer. So every check costs one hash: an
// unknown user (verify_nothing), a password that is too long or holds a NUL, and a stored hash
// that cannot be used all take as long as a wrong password.
//
// A wrong password for a stored hash that is cheaper than the configured cost (from before the
// setting was raised, imported, of the other scheme) takes the rest of the time too. How much that
// is cannot be computed, since schemes do not compare, and is measured: the hasher notes what
// checks at the configured cost take, in processor time, so that a busy machine changes both alike,
// and goes on until as much is used up. The first such check of a worker that has seen no other
// makes one at the configured cost to learn, and so takes both times, once. A stored hash that is
// costlier than the configured cost takes longer until its owner has logged in.
//
// Runs in hash workers and on the command line. A wrong password is an answer. A password that
// the caller should have refused, passed to hash(), is a bug: Error(kInternalError).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/processor_clock.h"
#include "base/random.h"
#include "crypto/password_scheme.h"
#include "crypto/usual_time.h"
#include "crypto/work_memory.h"

namespace latchkey::crypto {

enum class PasswordMatch { kMatch, kMismatch };

struct PasswordVerdict {
  PasswordMatch match = PasswordMatch::kMismatch;
  // Of a match: the stored hash is of another scheme or cost than the configured one.
  bool needs_rehash = false;
  // The stored hash is of no known scheme, corrupt, or of a cost past the bounds: worth a line in
  // the log. Always a mismatch.
  bool unusable_hash = false;

  bool operator==(const PasswordVerdict&) const = default;
};

// An interface, so that the tests of service/ need not wait for real hashes.
class PasswordHasher {
 public:
  PasswordHasher() = default;
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;
  virtual ~PasswordHasher() = default;

  // `password` has at most max_password_bytes() and no NUL.
  [[nodiscard]] virtual std::string hash(std::string_view password) = 0;
  [[nodiscard]] virtual PasswordVerdict verify(std::string_view password,
                                               std::string_view stored_hash) = 0;
  virtual void verify_nothing(std::string_view password) = 0;
  [[nodiscard]] virtual std::size_t max_password_bytes() const = 0;
};

// New hashes by the configured scheme and cost; old ones by whichever row made them.
class SchemeHasher final : public PasswordHasher {
 public:
  // The scheme allows `cost`. The references outlive the hasher.
  SchemeHasher(const PasswordScheme& scheme, const PasswordCost& cost, base::Random& random,
               const base::ProcessorClock& clock);

  [[nodiscard]] std::string hash(std::string_view password) override;
  [[nodiscard]] PasswordVerdict verify(std::string_view password,
                                       std::string_view stored_hash) override;
  void verify_nothing(std::string_view password) override;
  [[nodiscard]] std::size_t max_password_bytes() const override;

 private:
  void spend_rest(std::string_view password, std::int64_t begun_ns);

  const PasswordScheme& scheme_;
  const PasswordCost cost_;
  const std::size_t kept_bytes_;  // of memory_, between two hashes
  base::Random& random_;
  const base::ProcessorClock& clock_;
  WorkMemory memory_;
  UsualTime usual_;    // of a check at the configured cost
  std::string dummy_;  // what verify_nothing checks against
};

}  // namespace latchkey::crypto
