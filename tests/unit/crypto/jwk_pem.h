// SPDX-License-Identifier: Apache-2.0
#pragma once

// Private keys of others (JWK, or the bare bytes of Ed25519) as the PEM that our keys are made of.

#include <list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/secret.h"
#include "crypto/base64url.h"

namespace latchkey::crypto {

using Jwk = std::map<std::string, std::string>;  // the members that are strings

inline base::Secret pem_of(EVP_PKEY* raw) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(raw, &EVP_PKEY_free);
  if (!key) throw std::runtime_error("OpenSSL makes no key of this");
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return base::Secret(std::string_view(data, static_cast<std::size_t>(size)));
}

inline base::Secret ed25519_pem(const std::string& seed) {
  // NOLINTNEXTLINE(*-reinterpret-cast)
  const auto* const bytes = reinterpret_cast<const unsigned char*>(seed.data());
  return pem_of(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes, seed.size()));
}

// Puts a key together of its parts.
class KeyParts {
 public:
  ~KeyParts() {
    for (BIGNUM* const number : numbers_) BN_free(number);
    OSSL_PARAM_BLD_free(builder_);
  }
  KeyParts() = default;
  KeyParts(const KeyParts&) = delete;
  KeyParts& operator=(const KeyParts&) = delete;

  void number(const char* name, const std::string& bytes) {
    // NOLINTNEXTLINE(*-reinterpret-cast)
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
    numbers_.push_back(BN_bin2bn(data, static_cast<int>(bytes.size()), nullptr));
    OSSL_PARAM_BLD_push_BN(builder_, name, numbers_.back());
  }
  void text(const char* name, const char* value) {
    OSSL_PARAM_BLD_push_utf8_string(builder_, name, value, 0);
  }
  void bytes(const char* name, const std::string& value) {
    // OpenSSL copies it no sooner than in pem().
    const std::string& kept = bytes_.emplace_back(value);
    OSSL_PARAM_BLD_push_octet_string(builder_, name, kept.data(), kept.size());
  }

  [[nodiscard]] base::Secret pem(const char* type) const {
    OSSL_PARAM* const params = OSSL_PARAM_BLD_to_param(builder_);
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return pem_of(key);
  }

 private:
  OSSL_PARAM_BLD* builder_ = OSSL_PARAM_BLD_new();
  std::vector<BIGNUM*> numbers_;
  std::list<std::string> bytes_;
};

inline base::Secret ec_pem(const char* group, const std::string& d, const std::string& x,
                           const std::string& y) {
  KeyParts parts;
  parts.text(OSSL_PKEY_PARAM_GROUP_NAME, group);
  parts.number(OSSL_PKEY_PARAM_PRIV_KEY, d);
  parts.bytes(OSSL_PKEY_PARAM_PUB_KEY, "\x04" + x + y);
  return parts.pem("EC");
}

inline base::Secret jwk_pem(const Jwk& jwk) {
  const auto member = [&jwk](const std::string& name) {
    return base64url_decode(jwk.at(name)).value_or("");
  };
  if (jwk.at("kty") == "oct") return base::Secret(member("k"));
  if (jwk.at("kty") == "OKP") return ed25519_pem(member("d"));
  if (jwk.at("kty") == "EC") {
    const char* const group = jwk.at("crv") == "P-256" ? "prime256v1" : "secp384r1";
    return ec_pem(group, member("d"), member("x"), member("y"));
  }
  KeyParts parts;
  for (const auto& [name, parameter] :
       std::map<std::string, const char*>{{"n", OSSL_PKEY_PARAM_RSA_N},
                                          {"e", OSSL_PKEY_PARAM_RSA_E},
                                          {"d", OSSL_PKEY_PARAM_RSA_D},
                                          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                          {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                          {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                          {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                          {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}})
    if (jwk.contains(name)) parts.number(parameter, member(name));
  return parts.pem("RSA");
}

}  // namespace latchkey::crypto
