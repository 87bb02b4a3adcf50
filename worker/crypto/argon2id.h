// SPDX-License-Identifier: Apache-2.0
#pragma once

// argon2id (RFC 9106) by libargon2: one row of password_scheme.h, whose comments say what each
// function is held to.
//
//     $argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$PL01amPyeUuxG7H0vIr5X+qHkZvWnHmGBGXFYvh8z2E
//     memory in KiB, passes, lanes; salt and tag in base64 without padding
//
// That is the PHC string format, in exactly the spelling in which libraries write it: these three
// parameters in this order, version 19 (0x13), numbers without leading zeros. New hashes have one
// lane, since a worker has one thread; stored ones may have more, which are then computed one after
// the other.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/password_cost.h"
#include "crypto/work_memory.h"

namespace latchkey::crypto::argon2id {

inline constexpr std::array<std::string_view, 1> kPrefixes{"$argon2id$"};
inline constexpr std::size_t kMaxPasswordBytes = 1024;

// Of the settings.
inline constexpr int kMinMemoryKib = 1024;
inline constexpr int kMinPasses = 1;
// Of settings and stored hashes: the most that they allow together takes a few seconds, as the
// highest cost of bcrypt does. What programs usually store is well below (64 MiB and 3 passes,
// 100 MiB and 2 passes and 8 lanes).
inline constexpr int kMaxMemoryKib = 131'072;
inline constexpr int kMaxPasses = 16;
inline constexpr int kMaxLanes = 16;

bool allows(const PasswordCost& cost);
std::size_t memory_bytes(const PasswordCost& cost);
bool is_usable(std::string_view stored);
bool needs_rehash(std::string_view stored, const PasswordCost& cost);
std::string hash(std::string_view password, const PasswordCost& cost, base::Random& random,
                 WorkMemory& memory);
bool verify(std::string_view password, std::string_view stored, WorkMemory& memory);
std::string make_dummy(const PasswordCost& cost, base::Random& random);

}  // namespace latchkey::crypto::argon2id
