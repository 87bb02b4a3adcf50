// SPDX-License-Identifier: Apache-2.0
//
// base64url: every byte string has one spelling, and no text has two meanings.
#include "crypto/base64url.h"

#include "check.h"

using latchkey::fuzz::claim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  const std::string encoded = latchkey::crypto::base64url_encode(text);
  claim(latchkey::crypto::base64url_decode(encoded) == text, "what was encoded is decoded again");
  if (const auto bytes = latchkey::crypto::base64url_decode(text)) {
    claim(latchkey::crypto::base64url_encode(*bytes) == text, "one spelling for each byte string");
  }
  return 0;
}
