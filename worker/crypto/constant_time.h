// SPDX-License-Identifier: Apache-2.0
#pragma once

// Comparison that takes the same time wherever two texts differ.
//
// For everything that proves something: tags, hashes. The lengths are compared first and are no
// secret.
//
// Runs in workers. No failures.

#include <string_view>

namespace latchkey::crypto {

bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace latchkey::crypto
