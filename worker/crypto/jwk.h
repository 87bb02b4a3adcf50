// SPDX-License-Identifier: Apache-2.0
#pragma once

// The public half of a key as JSON Web Key (RFC 7517, RFC 8037).
//
// Runs in workers and on the command line. No failures.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::crypto {

// The members that make the key, and no others, by name: what RFC 7638, section 3.2, calls
// required. Empty: the key has no public half.
using JwkMembers = std::vector<std::pair<std::string_view, std::string>>;

// RFC 7638 with SHA-256.
std::string jwk_thumbprint(const JwkMembers& members);

}  // namespace latchkey::crypto
