// SPDX-License-Identifier: Apache-2.0
#include "crypto/jwk.h"

#include "base/json_writer.h"
#include "crypto/base64url.h"
#include "crypto/sha256.h"

namespace latchkey::crypto {

std::string jwk_thumbprint(const JwkMembers& members) {
  std::string json;
  base::JsonWriter writer(json);
  writer.begin_object();
  for (const auto& [name, value] : members) writer.key(name).string(value);
  writer.end_object();
  return base64url_encode(Sha256(json).bytes());
}

}  // namespace latchkey::crypto
