// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a certificate says of itself: whose it is and from when to when it holds.
//
// Nothing is verified here: the names, the chain and the signature are for those who speak TLS.
//
// Runs on the command line. A text that holds no certificate is an answer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::crypto {

struct Certificate {
  std::string subject;  // "CN=localhost", control characters escaped
  // Seconds since 1970-01-01T00:00:00Z; it holds at both.
  std::int64_t not_before_s = 0;
  std::int64_t not_after_s = 0;
};

// Every certificate of a PEM text, in its order: a server's own comes first, those of its chain
// follow. nullopt: there is none, or one of them is damaged.
std::optional<std::vector<Certificate>> read_certificates(std::string_view pem);

}  // namespace latchkey::crypto
