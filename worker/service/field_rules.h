// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rules of the fields that a client sends, one check a field. docs/api.md has the same rules
// for clients.
//
// A check adds what is wrong to a list, so that one answer names every fault of a body. Messages
// say what is allowed and never repeat the value.
//
// Runs in workers. A fault is an answer, not an exception.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace latchkey::service {

inline constexpr std::size_t kMaxEmailBytes = 254;  // RFC 5321, section 4.5.3.1.3, less <>
inline constexpr std::size_t kMinUsernameLength = 3;
inline constexpr std::size_t kMaxUsernameLength = 50;

using Faults = std::vector<base::FieldError>;

// 3 to 50 of letters, digits, '.', '_', '-', the first a letter or digit; ASCII.
void check_username(std::string_view username, Faults& faults);

// At most 254 ASCII bytes: atoms joined by dots (RFC 5322, section 3.2.3), one '@', a domain of at
// least two labels of letters, digits and inner hyphens. Whether mail arrives there, and how long
// its server lets a part be, is another question.
void check_email(std::string_view email, Faults& faults);

// Throws base::Error(kValidationError) with all of them if there are any.
void throw_if_any(Faults faults);

}  // namespace latchkey::service
