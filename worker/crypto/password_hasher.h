// SPDX-License-Identifier: Apache-2.0
#pragma once

// What service/ knows of password hashing: make a hash, check one, and spend the time of a check
// when there is nothing to check.
//
// Whether a user exists must not show in the time of an answer. So every check costs one hash: an
// unknown user (verify_nothing), a password that is too long or holds a NUL, and a stored hash
// that cannot be used all take as long as a wrong password. A wrong password for a hash of a lower
// cost than the configured one (from before the setting was raised, or imported) takes the rest of
// the time too.
//
// Runs in hash workers and on the command line. A wrong password is an answer. A password that
// the caller should have refused, passed to hash(), is a bug: Error(kInternalError).

#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/password_scheme.h"

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
  // `cost` is within the scheme's bounds. Both references outlive the hasher.
  SchemeHasher(const PasswordScheme& scheme, int cost, base::Random& random);

  [[nodiscard]] std::string hash(std::string_view password) override;
  [[nodiscard]] PasswordVerdict verify(std::string_view password,
                                       std::string_view stored_hash) override;
  void verify_nothing(std::string_view password) override;
  [[nodiscard]] std::size_t max_password_bytes() const override;

 private:
  void spend_rest(std::string_view password, std::string_view stored_hash);

  const PasswordScheme& scheme_;
  int cost_;
  base::Random& random_;
  std::string dummy_;  // what verify_nothing checks against
};

}  // namespace latchkey::crypto
