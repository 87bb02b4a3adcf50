// SPDX-License-Identifier: Apache-2.0
#include "crypto/private_key.h"

#include <algorithm>

#include <openssl/pem.h>

namespace latchkey::crypto {
namespace {

[[noreturn]] void refuse(const std::string& cause) {
  ERR_clear_error();
  throw base::Error(base::ErrorCode::kInternalError).because(cause);
}

// Nobody is there to be asked.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

}  // namespace

Owned<EVP_PKEY> read_private_key(const base::Secret& pem, const char* type) {
  const auto in =
      owned(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.size())), "BIO_new_mem_buf");
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(in.get(), nullptr, &no_passphrase, nullptr));
  if (!key) refuse("it holds no private key in PEM, or an encrypted one");
  if (EVP_PKEY_is_a(key.get(), type) != 1) {
    refuse("it holds a key of another kind than " + std::string(type));
  }
  return key;
}

base::Secret write_private_key(EVP_PKEY& key) {
  const auto out = owned(BIO_new(BIO_s_secmem()), "BIO_new");
  require(
      PEM_write_bio_PKCS8PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
      "PEM_write_bio_PKCS8PrivateKey");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return base::Secret(std::string_view(data, static_cast<std::size_t>(size)));
}

std::string number_of(const EVP_PKEY& key, const char* parameter, int min_bytes) {
  BIGNUM* raw = nullptr;
  require(EVP_PKEY_get_bn_param(&key, parameter, &raw) == 1, "EVP_PKEY_get_bn_param");
  const Owned<BIGNUM> number(raw);
  const int size = std::max(min_bytes, BN_num_bytes(number.get()));
  std::string bytes(static_cast<std::size_t>(size), '\0');
  require(BN_bn2binpad(number.get(), data_of(bytes), size) == size, "BN_bn2binpad");
  return bytes;
}

}  // namespace latchkey::crypto
