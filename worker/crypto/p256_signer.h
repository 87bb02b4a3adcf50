// SPDX-License-Identifier: Apache-2.0
#pragma once

// ECDSA over P-256 with SHA-256 whose nonce is a function of key and message (RFC 6979), so that
// the same message always has the same signature: service/tokens.h hands a refresh token out again
// byte for byte. And so a machine with poor random numbers cannot give the key away.
//
// OpenSSL makes such nonces itself from 3.2 on ("nonce-type"). For an older one the nonce is
// made here: the generator of RFC 6979, section 3.2, from OpenSSL's HMAC, the point and the inverse
// by its constant-time functions, and the last step, which blinds the key, by its own ECDSA.
//
// Included by .cpp files of this room only. Runs in workers and on the command line. A nonce is as
// secret as the key: its memory is wiped.

#include <memory>
#include <string>
#include <string_view>

#include "crypto/openssl_handles.h"

namespace latchkey::crypto {

class P256Signer {
 public:
  // `key` is one of P-256 with its private half.
  explicit P256Signer(EVP_PKEY& key);
  P256Signer(const P256Signer&) = delete;
  P256Signer& operator=(const P256Signer&) = delete;
  ~P256Signer();

  // r and s, 32 bytes each, big endian (RFC 7518, section 3.4).
  [[nodiscard]] std::string sign(std::string_view message) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace latchkey::crypto
