// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random UUIDs (RFC 9562, version 4): the names of sessions.
//
// A session id is a name, not a credential: what proves possession is the signature of the token
// that carries it. 122 random bits make it unique.
//
// Runs in every process. Text that is no UUID is an answer (nullopt).

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace latchkey::base {

class Uuid {
 public:
  static Uuid random(Random& random);
  // Accepts the canonical form only: 8-4-4-4-12 hexadecimal digits, either case.
  static std::optional<Uuid> parse(std::string_view text);

  // Canonical, lower case.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const std::array<std::byte, 16>& bytes() const { return bytes_; }

  bool operator==(const Uuid&) const = default;

 private:
  std::array<std::byte, 16> bytes_{};
};

}  // namespace latchkey::base
