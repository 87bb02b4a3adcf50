// SPDX-License-Identifier: Apache-2.0
#pragma once

// A PasswordHasher that adds the time it takes to the request's costs.
//
// Runs in workers. `hasher` and `meter` outlive it.

#include "base/cost_meter.h"
#include "crypto/password_hasher.h"

namespace latchkey::crypto {

class MeteredHasher final : public PasswordHasher {
 public:
  MeteredHasher(PasswordHasher& hasher, base::CostMeter& meter) : hasher_(hasher), meter_(meter) {}

  [[nodiscard]] std::string hash(std::string_view password) override {
    const auto stopwatch = meter_.time_hashing();
    return hasher_.hash(password);
  }
  [[nodiscard]] PasswordVerdict verify(std::string_view password,
                                       std::string_view stored_hash) override {
    const auto stopwatch = meter_.time_hashing();
    return hasher_.verify(password, stored_hash);
  }
  void verify_nothing(std::string_view password) override {
    const auto stopwatch = meter_.time_hashing();
    hasher_.verify_nothing(password);
  }
  [[nodiscard]] std::size_t max_password_bytes() const override {
    return hasher_.max_password_bytes();
  }

 private:
  PasswordHasher& hasher_;
  base::CostMeter& meter_;
};

}  // namespace latchkey::crypto
