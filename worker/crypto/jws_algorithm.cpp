// SPDX-License-Identifier: Apache-2.0
#include "crypto/jws_algorithm.h"

#include <algorithm>
#include <array>

#include "crypto/jws_keys.h"

namespace latchkey::crypto {
namespace {

constexpr KeySizes kOnly256{256, 256, 256};

constexpr std::array kAlgorithms{
    JwsAlgorithm{"HS256", true, kOnly256, &make_hs256_key, &generate_hs256},
    JwsAlgorithm{"ES256", false, kOnly256, &make_es256_key, &generate_es256},
    JwsAlgorithm{"EdDSA", false, kOnly256, &make_eddsa_key, &generate_eddsa},
    JwsAlgorithm{"RS256", false, kRs256Sizes, &make_rs256_key, &generate_rs256},
};

}  // namespace

std::span<const JwsAlgorithm> jws_algorithms() { return kAlgorithms; }

const JwsAlgorithm* find_jws_algorithm(std::string_view name) {
  const auto* row = std::ranges::find(kAlgorithms, name, &JwsAlgorithm::name);
  return row == kAlgorithms.end() ? nullptr : row;
}

}  // namespace latchkey::crypto
