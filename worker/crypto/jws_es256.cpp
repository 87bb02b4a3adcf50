// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>

#include <openssl/core_names.h>

#include "crypto/base64url.h"
#include "crypto/jws_keys.h"
#include "crypto/p256_signer.h"
#include "crypto/private_key.h"
#include "crypto/sha256.h"

namespace latchkey::crypto {
namespace {

constexpr int kCoordinateBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kMaxDerBytes = 80;

using Der = std::array<unsigned char, kMaxDerBytes>;

// The signature as OpenSSL takes it; its length. r and s may be anything: OpenSSL refuses those
// that are 0 or not below the order (CVE-2022-21449 is what becomes of not looking).
std::size_t encode_der(std::string_view signature, Der& der) {
  const auto pair = owned(ECDSA_SIG_new(), "ECDSA_SIG_new");
  auto r = owned(BN_bin2bn(data_of(signature), kCoordinateBytes, nullptr), "BN_bin2bn");
  auto s = owned(BN_bin2bn(data_of(signature.substr(kCoordinateBytes)), kCoordinateBytes, nullptr),
                 "BN_bin2bn");
  require(ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1, "ECDSA_SIG_set0");
  unsigned char* at = der.data();
  const int size = i2d_ECDSA_SIG(pair.get(), &at);
  require(size > 0, "i2d_ECDSA_SIG");
  return static_cast<std::size_t>(size);
}

// Of the two signatures that every message has (s and the order less s), both verify, as RFC 7518
// has it: a signature is no name for a token, and nobody takes it for one.
class Es256Key final : public JwsKey {
 public:
  explicit Es256Key(Owned<EVP_PKEY> key)
      : key_(std::move(key)),
        signer_(*key_),
        verifier_(owned(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr),
                        "EVP_PKEY_CTX_new_from_pkey")),
        members_{{"crv", "P-256"},
                 {"kty", "EC"},
                 {"x", coordinate(OSSL_PKEY_PARAM_EC_PUB_X)},
                 {"y", coordinate(OSSL_PKEY_PARAM_EC_PUB_Y)}} {
    require(EVP_PKEY_verify_init(verifier_.get()) == 1, "EVP_PKEY_verify_init");
  }

  [[nodiscard]] std::string sign(std::string_view input) const override {
    return signer_.sign(input);
  }

  [[nodiscard]] bool verify(std::string_view input, std::string_view signature) const override {
    if (signature.size() != kSignatureBytes) return false;
    Der der{};
    const std::size_t size = encode_der(signature, der);
    const Sha256 digest(input);
    const bool is_good = EVP_PKEY_verify(verifier_.get(), der.data(), size, data_of(digest.bytes()),
                                         digest.bytes().size()) == 1;
    if (!is_good) ERR_clear_error();
    return is_good;
  }

  [[nodiscard]] std::string thumbprint() const override { return jwk_thumbprint(members_); }
  [[nodiscard]] JwkMembers public_members() const override { return members_; }
  [[nodiscard]] int bits() const override { return EVP_PKEY_get_bits(key_.get()); }

 private:
  [[nodiscard]] std::string coordinate(const char* name) const {
    return base64url_encode(number_of(*key_, name, kCoordinateBytes));
  }

  Owned<EVP_PKEY> key_;
  P256Signer signer_;
  Owned<EVP_PKEY_CTX> verifier_;
  JwkMembers members_;
};

bool is_p256(const EVP_PKEY& key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(&key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == "prime256v1";
}

}  // namespace

std::unique_ptr<JwsKey> make_es256_key(const base::Secret& pem) {
  auto key = read_private_key(pem, "EC");
  if (!is_p256(*key)) {
    throw base::Error(base::ErrorCode::kInternalError)
        .because("it holds a key of another curve than P-256");
  }
  return std::make_unique<Es256Key>(std::move(key));
}

base::Secret generate_es256(int /*bits*/) {
  return write_private_key(
      *owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), "EVP_PKEY_Q_keygen"));
}

}  // namespace latchkey::crypto
