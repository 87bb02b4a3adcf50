// SPDX-License-Identifier: Apache-2.0
#include <cstddef>

#include "crypto/base64url.h"
#include "crypto/jws_keys.h"
#include "crypto/private_key.h"

namespace latchkey::crypto {
namespace {

constexpr std::size_t kPublicBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

// Ed25519 (RFC 8032), which hashes the message itself and twice: so there is no digest before it.
class EdDsaKey final : public JwsKey {
 public:
  explicit EdDsaKey(Owned<EVP_PKEY> key)
      : key_(std::move(key)), members_{{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", public_bytes()}} {}

  [[nodiscard]] std::string sign(std::string_view input) const override {
    std::string signature(kSignatureBytes, '\0');
    std::size_t size = signature.size();
    require(EVP_DigestSignInit(signer_.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                EVP_DigestSign(signer_.get(), data_of(signature), &size, data_of(input),
                               input.size()) == 1 &&
                size == signature.size(),
            "EVP_DigestSign");
    return signature;
  }

  [[nodiscard]] bool verify(std::string_view input, std::string_view signature) const override {
    if (signature.size() != kSignatureBytes) return false;
    require(EVP_DigestVerifyInit(verifier_.get(), nullptr, nullptr, nullptr, key_.get()) == 1,
            "EVP_DigestVerifyInit");
    const bool is_good = EVP_DigestVerify(verifier_.get(), data_of(signature), signature.size(),
                                          data_of(input), input.size()) == 1;
    if (!is_good) ERR_clear_error();
    return is_good;
  }

  [[nodiscard]] std::string thumbprint() const override { return jwk_thumbprint(members_); }
  [[nodiscard]] JwkMembers public_members() const override { return members_; }
  // Of the curve's field, counted up as its key files do.
  [[nodiscard]] int bits() const override { return kPublicBytes * 8; }

 private:
  [[nodiscard]] std::string public_bytes() const {
    std::string bytes(kPublicBytes, '\0');
    std::size_t size = bytes.size();
    require(
        EVP_PKEY_get_raw_public_key(key_.get(), data_of(bytes), &size) == 1 && size == bytes.size(),
        "EVP_PKEY_get_raw_public_key");
    return base64url_encode(bytes);
  }

  Owned<EVP_PKEY> key_;
  // An object that has signed must not verify: one for each.
  Owned<EVP_MD_CTX> signer_ = owned(EVP_MD_CTX_new(), "EVP_MD_CTX_new");
  Owned<EVP_MD_CTX> verifier_ = owned(EVP_MD_CTX_new(), "EVP_MD_CTX_new");
  JwkMembers members_;
};

}  // namespace

std::unique_ptr<JwsKey> make_eddsa_key(const base::Secret& pem) {
  return std::make_unique<EdDsaKey>(read_private_key(pem, "ED25519"));
}

base::Secret generate_eddsa(int /*bits*/) {
  return write_private_key(
      *owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "EVP_PKEY_Q_keygen"));
}

}  // namespace latchkey::crypto
