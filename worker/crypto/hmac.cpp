// SPDX-License-Identifier: Apache-2.0
#include "crypto/hmac.h"

#include <string>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/openssl_handles.h"

namespace latchkey::crypto {

void HmacSha256::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

HmacSha256::HmacSha256(const base::Secret& key) {
  const auto mac = owned(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "EVP_MAC_fetch");
  context_.reset(EVP_MAC_CTX_new(mac.get()));
  if (!context_) fail("EVP_MAC_CTX_new");
  std::string digest = "SHA256";
  const std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end(),
  };
  if (EVP_MAC_init(context_.get(), data_of(key.reveal()), key.size(), params.data()) != 1) {
    fail("EVP_MAC_init");
  }
}

HmacSha256::Tag HmacSha256::sign(std::string_view message) const {
  Tag tag;
  std::size_t written = 0;
  // Without a key, EVP_MAC_init goes back to the state after the key it has.
  if (EVP_MAC_init(context_.get(), nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(context_.get(), data_of(message), message.size()) != 1 ||
      // NOLINTNEXTLINE(*-reinterpret-cast)
      EVP_MAC_final(context_.get(), reinterpret_cast<unsigned char*>(tag.bytes_.data()), &written,
                    tag.bytes_.size()) != 1 ||
      written != tag.bytes_.size()) {
    fail("EVP_MAC");
  }
  return tag;
}

}  // namespace latchkey::crypto
