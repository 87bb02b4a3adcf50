// SPDX-License-Identifier: Apache-2.0
#pragma once

// OpenSSL's objects as owned pointers, and its failures as Errors.
//
// Included by .cpp files of this room only: nobody else sees OpenSSL's headers. A call that fails
// although its input was checked is a bug or a machine without memory: Error(kInternalError).
//
// Runs in workers and on the command line.

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace latchkey::crypto {

struct FreeOpenSsl {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
  void operator()(BN_MONT_CTX* context) const { BN_MONT_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(EC_POINT* point) const { EC_POINT_clear_free(point); }
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

template <typename Object>
using Owned = std::unique_ptr<Object, FreeOpenSsl>;

[[noreturn]] inline void fail(std::string_view call) {
  ERR_clear_error();
  throw base::Error(base::ErrorCode::kInternalError).because(std::string(call) + " failed");
}

inline void require(bool is_done, std::string_view call) {
  if (!is_done) fail(call);
}

template <typename Object>
Owned<Object> owned(Object* object, std::string_view call) {
  require(object != nullptr, call);
  return Owned<Object>(object);
}

// The bytes of a text as OpenSSL takes them.
inline const unsigned char* data_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT(*-reinterpret-cast)
}
inline unsigned char* data_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());  // NOLINT(*-reinterpret-cast)
}

}  // namespace latchkey::crypto
