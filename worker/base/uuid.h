// SPDX-License-Identifier: Apache-2.0
#pragma once

// UUIDs (RFC 9562): random ones name requests, those in the order of time name sessions.
//
// A session id is a name, not a credential: what proves possession is the signature of the token
// that carries it. That it tells when the session began is no secret, since its tokens do.
//
// Runs in every process. Text that is no UUID is an answer (nullopt).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace latchkey::base {

class Uuid {
 public:
  // Version 4: 122 random bits.
  static Uuid random(Random& random);
  // Version 7: milliseconds since 1970, and 74 random bits, of which the last 8 bytes hold 62. An
  // index by such ids grows at one end: its pages are those of the sessions of late, and an insert
  // writes none anew that has long been at rest.
  static Uuid in_order(std::int64_t wall_ms, Random& random);
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
