// SPDX-License-Identifier: Apache-2.0
#pragma once

// SHA-256 (FIPS 180-4) of a text.
//
// Runs in workers and on the command line. A failure of OpenSSL is a bug: Error(kInternalError).

#include <array>
#include <cstddef>
#include <string_view>

namespace latchkey::crypto {

class Sha256 {
 public:
  static constexpr std::size_t kBytes = 32;

  explicit Sha256(std::string_view message);

  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, kBytes> bytes_{};
};

}  // namespace latchkey::crypto
