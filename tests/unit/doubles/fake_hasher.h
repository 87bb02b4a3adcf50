// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "crypto/password_hasher.h"

namespace latchkey::doubles {

// "Hashes" by writing the password behind a prefix that stands for scheme and cost.
class FakeHasher final : public crypto::PasswordHasher {
 public:
  [[nodiscard]] std::string hash(std::string_view password) override {
    ++hashes;
    return hash_of(password);
  }
  [[nodiscard]] crypto::PasswordVerdict verify(std::string_view password,
                                               std::string_view stored_hash) override {
    ++verifications;
    if (stored_hash.starts_with("*")) return {.unusable_hash = true};
    const bool is_old = stored_hash.starts_with("old:");
    const std::string_view stored = stored_hash.substr(stored_hash.find(':') + 1);
    if (stored != password) return {};
    return {.match = crypto::PasswordMatch::kMatch, .needs_rehash = is_old};
  }
  void verify_nothing(std::string_view /*password*/) override { ++empty_verifications; }
  [[nodiscard]] std::size_t max_password_bytes() const override { return 72; }

  static std::string hash_of(std::string_view password) { return "new:" + std::string(password); }
  static std::string old_hash_of(std::string_view password) {
    return "old:" + std::string(password);
  }

  int hashes = 0;
  int verifications = 0;
  int empty_verifications = 0;
};

}  // namespace latchkey::doubles
