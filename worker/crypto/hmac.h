// SPDX-License-Identifier: Apache-2.0
#pragma once

// HMAC-SHA256 (RFC 2104) with one key, set once and used many times.
//
// A request verifies one token, so the algorithm is fetched and the key expanded when the object
// is made, not per call.
//
// Runs in workers. Make it in the process that uses it: an OpenSSL context must not be carried
// over a fork into two processes. A failure of OpenSSL is a bug or a machine without memory:
// Error(kInternalError). OpenSSL owns the copy of the key and wipes it when the object dies.

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/secret.h"

// OpenSSL's own names, so that its headers stay inside this room's .cpp files.
struct evp_mac_ctx_st;

namespace latchkey::crypto {

class HmacSha256 {
 public:
  static constexpr std::size_t kTagBytes = 32;

  class Tag {
   public:
    [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

   private:
    friend class HmacSha256;
    std::array<char, kTagBytes> bytes_{};
  };

  // `key` is not empty.
  explicit HmacSha256(const base::Secret& key);

  [[nodiscard]] Tag sign(std::string_view message) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;  // keyed; reset, not remade, for each message
};

}  // namespace latchkey::crypto
