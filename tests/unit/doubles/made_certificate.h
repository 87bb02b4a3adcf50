// SPDX-License-Identifier: Apache-2.0
#pragma once

// Certificates with the times that a test wants, each signed by a key of its own.

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace latchkey::doubles {

inline std::string made_certificate(const std::string& common_name, std::int64_t not_before_s,
                                    std::int64_t not_after_s) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME* const name = X509_get_subject_name(made.get());
  const auto* const text =
      reinterpret_cast<const unsigned char*>(common_name.data());  // as OpenSSL takes texts
  const bool is_done =
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text,
                                 static_cast<int>(common_name.size()), -1, 0) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(made.get()), not_before_s) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(made.get()), not_after_s) != nullptr &&
      X509_set_pubkey(made.get(), key.get()) == 1 &&
      X509_sign(made.get(), key.get(), EVP_sha256()) != 0 &&
      PEM_write_bio_X509(out.get(), made.get()) == 1;
  if (!is_done) throw std::runtime_error("a certificate cannot be made");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace latchkey::doubles
