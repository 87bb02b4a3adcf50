// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha256.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace latchkey::crypto {
namespace {

void require(bool is_done) {
  if (!is_done) throw base::Error(base::ErrorCode::kInternalError).because("SHA-256 failed");
}

}  // namespace

void Sha256::Free::operator()(evp_md_st* algorithm) const { EVP_MD_free(algorithm); }
void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  require(algorithm_ != nullptr && context_ != nullptr);
}

Sha256::Digest Sha256::of(std::string_view text) const {
  Digest digest{};
  require(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1 &&
          EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1 &&
          EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  return digest;
}

}  // namespace latchkey::crypto
