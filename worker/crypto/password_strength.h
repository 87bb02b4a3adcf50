// SPDX-License-Identifier: Apache-2.0
#pragma once

// How hard a password is to guess, by libzxcvbn: from 0 to 4, as zxcvbn counts.
//
//     0  fewer than 10^3 guesses     too guessable
//     1  fewer than 10^6             very guessable
//     2  fewer than 10^8             somewhat guessable
//     3  fewer than 10^10            safely unguessable
//     4  more                        very unguessable
//
// The library estimates bits, which are these guesses as a power of two. Only the first 100 bytes
// count, since the work grows faster than the length. Its one copy of the password it overwrites
// before it frees it.
//
// Runs in hash workers and on the command line. No failures.

#include <cstddef>
#include <span>
#include <string_view>

namespace latchkey::crypto {

inline constexpr int kMaxPasswordScore = 4;
inline constexpr std::size_t kMaxJudgedBytes = 100;

// `words` are what others know about the owner, such as names: a password made of them is weak.
// Neither holds a NUL.
int password_score(std::string_view password, std::span<const std::string_view> words);

}  // namespace latchkey::crypto
