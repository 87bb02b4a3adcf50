// SPDX-License-Identifier: Apache-2.0
#include <cstddef>

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "crypto/base64url.h"
#include "crypto/jws_keys.h"
#include "crypto/private_key.h"
#include "crypto/sha256.h"

namespace latchkey::crypto {
namespace {

constexpr int kLeastExponentBits = 17;  // 65537; FIPS 186-5 asks for more than 2^16

[[noreturn]] void refuse(std::string cause) {
  throw base::Error(base::ErrorCode::kInternalError).because(std::move(cause));
}

// RSASSA-PKCS1-v1_5 with SHA-256.
class Rs256Key final : public JwsKey {
 public:
  explicit Rs256Key(Owned<EVP_PKEY> key)
      : key_(std::move(key)),
        signature_bytes_(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))),
        signer_(make_context(&EVP_PKEY_sign_init)),
        verifier_(make_context(&EVP_PKEY_verify_init)),
        members_{{"e", base64url_encode(number_of(*key_, OSSL_PKEY_PARAM_RSA_E))},
                 {"kty", "RSA"},
                 {"n", base64url_encode(number_of(*key_, OSSL_PKEY_PARAM_RSA_N))}} {}

  [[nodiscard]] std::string sign(std::string_view input) const override {
    const Sha256 digest(input);
    std::string signature(signature_bytes_, '\0');
    std::size_t size = signature.size();
    require(EVP_PKEY_sign(signer_.get(), data_of(signature), &size, data_of(digest.bytes()),
                          digest.bytes().size()) == 1 &&
                size == signature.size(),
            "EVP_PKEY_sign");
    return signature;
  }

  [[nodiscard]] bool verify(std::string_view input, std::string_view signature) const override {
    if (signature.size() != signature_bytes_) return false;
    const Sha256 digest(input);
    const bool is_good = EVP_PKEY_verify(verifier_.get(), data_of(signature), signature.size(),
                                         data_of(digest.bytes()), digest.bytes().size()) == 1;
    if (!is_good) ERR_clear_error();
    return is_good;
  }

  [[nodiscard]] std::string thumbprint() const override { return jwk_thumbprint(members_); }
  [[nodiscard]] JwkMembers public_members() const override { return members_; }
  [[nodiscard]] int bits() const override { return EVP_PKEY_get_bits(key_.get()); }

 private:
  [[nodiscard]] Owned<EVP_PKEY_CTX> make_context(int (*begin)(EVP_PKEY_CTX*)) const {
    auto context = owned(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr),
                         "EVP_PKEY_CTX_new_from_pkey");
    require(begin(context.get()) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1,
            "EVP_PKEY_CTX");
    return context;
  }

  Owned<EVP_PKEY> key_;
  std::size_t signature_bytes_;
  Owned<EVP_PKEY_CTX> signer_;
  Owned<EVP_PKEY_CTX> verifier_;
  JwkMembers members_;
};

}  // namespace

std::unique_ptr<JwsKey> make_rs256_key(const base::Secret& pem) {
  auto key = read_private_key(pem, "RSA");
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < kRs256Sizes.min_bits || bits > kRs256Sizes.max_bits) {
    refuse("it holds an RSA key of " + std::to_string(bits) + " bits; 2048 to 4096 are allowed");
  }
  const std::string exponent = number_of(*key, OSSL_PKEY_PARAM_RSA_E);
  if (exponent.size() < (kLeastExponentBits + 7) / 8) {
    refuse("it holds an RSA key with an exponent below 65537");
  }
  return std::make_unique<Rs256Key>(std::move(key));
}

base::Secret generate_rs256(int bits) {
  return write_private_key(
      *owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)),
             "EVP_PKEY_Q_keygen"));
}

}  // namespace latchkey::crypto
