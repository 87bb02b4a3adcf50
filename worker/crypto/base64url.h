// SPDX-License-Identifier: Apache-2.0
#pragma once

// base64url without padding (RFC 4648, section 5), as JOSE writes it (RFC 7515, section 2).
//
// Decoding is strict: every byte string has exactly one spelling, so a token cannot be respelled
// into another text with the same meaning.
//
// Runs in every process. Text that is not base64url is an answer (nullopt).

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::crypto {

std::string base64url_encode(std::string_view bytes);

// nullopt: padding, white space, a character of another alphabet, an impossible length, or bits
// past the last byte that are not zero.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace latchkey::crypto
