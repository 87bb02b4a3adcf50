// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kinds of keys that the table of jws_algorithm.cpp is made of, one file each.
//
// Included by .cpp files of this room only; make and generate are described in jws_algorithm.h.

#include <memory>

#include "base/secret.h"
#include "crypto/jws_algorithm.h"

namespace latchkey::crypto {

std::unique_ptr<JwsKey> make_hs256_key(const base::Secret& material);
base::Secret generate_hs256(int bits);

std::unique_ptr<JwsKey> make_es256_key(const base::Secret& pem);
base::Secret generate_es256(int bits);

std::unique_ptr<JwsKey> make_eddsa_key(const base::Secret& pem);
base::Secret generate_eddsa(int bits);

inline constexpr KeySizes kRs256Sizes{.min_bits = 2048, .max_bits = 4096, .usual_bits = 3072};
std::unique_ptr<JwsKey> make_rs256_key(const base::Secret& pem);
base::Secret generate_rs256(int bits);

}  // namespace latchkey::crypto
