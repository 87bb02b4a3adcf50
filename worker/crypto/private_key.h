// SPDX-License-Identifier: Apache-2.0
#pragma once

// Private keys as text: PKCS#8 in PEM (RFC 5958, RFC 7468), not encrypted. OpenSSL's older forms of
// PEM are read too.
//
// Included by .cpp files of this room only. Runs in workers and on the command line. Text that
// holds no such key is an operator's fault: Error(kInternalError), whose cause does not show it.

#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/openssl_handles.h"

namespace latchkey::crypto {

// `type` is OpenSSL's name of the kind of key, as "EC"; another kind is refused.
Owned<EVP_PKEY> read_private_key(const base::Secret& pem, const char* type);

base::Secret write_private_key(EVP_PKEY& key);

// An unsigned number of a key, big endian; padded with zeros on the left to `min_bytes`.
std::string number_of(const EVP_PKEY& key, const char* parameter, int min_bytes = 0);

}  // namespace latchkey::crypto
