// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha256.h"

#include <openssl/sha.h>

#include "crypto/openssl_handles.h"

namespace latchkey::crypto {

Sha256::Sha256(std::string_view message) {
  // NOLINTNEXTLINE(*-reinterpret-cast)
  auto* const out = reinterpret_cast<unsigned char*>(bytes_.data());
  require(SHA256(data_of(message), message.size(), out) != nullptr, "SHA256");
}

}  // namespace latchkey::crypto
