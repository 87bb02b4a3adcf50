// SPDX-License-Identifier: Apache-2.0
#pragma once

// bcrypt by crypt_r(3): one row of password_scheme.h, whose comments say what each function is
// held to.
//
//     $2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
//     prefix, cost (log2 of the rounds), 22 characters of salt, 31 of hash
//
// $2b$ is issued. $2a$ and $2y$ are read: for passwords up to 72 bytes they mean the same. $2x$
// marks hashes of a broken implementation and is not read.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/password_cost.h"
#include "crypto/work_memory.h"

namespace latchkey::crypto::bcrypt {

inline constexpr std::array<std::string_view, 3> kPrefixes{"$2b$", "$2a$", "$2y$"};
inline constexpr std::string_view kIssuedPrefix = kPrefixes[0];
inline constexpr std::size_t kMaxPasswordBytes = 72;  // it ignores what follows
inline constexpr int kMinCost = 4;
inline constexpr int kMaxCost = 16;

bool allows(const PasswordCost& cost);
std::size_t memory_bytes(const PasswordCost& cost);
bool is_usable(std::string_view stored);
bool needs_rehash(std::string_view stored, const PasswordCost& cost);
std::string hash(std::string_view password, const PasswordCost& cost, base::Random& random,
                 WorkMemory& memory);
bool verify(std::string_view password, std::string_view stored, WorkMemory& memory);
std::string make_dummy(const PasswordCost& cost, base::Random& random);

}  // namespace latchkey::crypto::bcrypt
