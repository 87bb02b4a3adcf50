// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_scheme.h"

#include <algorithm>
#include <array>

#include "crypto/argon2id.h"
#include "crypto/bcrypt.h"

namespace latchkey::crypto {
namespace {

constexpr std::array kSchemes{
    PasswordScheme{
        .name = "bcrypt",
        .prefixes = bcrypt::kPrefixes,
        .max_password_bytes = bcrypt::kMaxPasswordBytes,
        .least_cost = {.bcrypt_rounds = bcrypt::kMinCost},
        .allows = &bcrypt::allows,
        .memory_bytes = &bcrypt::memory_bytes,
        .is_usable = &bcrypt::is_usable,
        .needs_rehash = &bcrypt::needs_rehash,
        .hash = &bcrypt::hash,
        .verify = &bcrypt::verify,
        .make_dummy = &bcrypt::make_dummy,
    },
    PasswordScheme{
        .name = "argon2id",
        .prefixes = argon2id::kPrefixes,
        .max_password_bytes = argon2id::kMaxPasswordBytes,
        .least_cost = {.argon2_memory_kib = argon2id::kMinMemoryKib,
                       .argon2_passes = argon2id::kMinPasses},
        .allows = &argon2id::allows,
        .memory_bytes = &argon2id::memory_bytes,
        .is_usable = &argon2id::is_usable,
        .needs_rehash = &argon2id::needs_rehash,
        .hash = &argon2id::hash,
        .verify = &argon2id::verify,
        .make_dummy = &argon2id::make_dummy,
    },
};

bool has_prefix_of(const PasswordScheme& scheme, std::string_view stored) {
  return std::ranges::any_of(
      scheme.prefixes, [stored](std::string_view prefix) { return stored.starts_with(prefix); });
}

}  // namespace

std::span<const PasswordScheme> password_schemes() { return kSchemes; }

const PasswordScheme* find_password_scheme(std::string_view name) {
  const auto* row = std::ranges::find(kSchemes, name, &PasswordScheme::name);
  return row == kSchemes.end() ? nullptr : row;
}

const PasswordScheme* scheme_of_hash(std::string_view stored) {
  const auto* row = std::ranges::find_if(kSchemes, [stored](const PasswordScheme& scheme) {
    return has_prefix_of(scheme, stored) && scheme.is_usable(stored);
  });
  return row == kSchemes.end() ? nullptr : row;
}

}  // namespace latchkey::crypto
