// SPDX-License-Identifier: Apache-2.0
#pragma once

// The version of the program: CMakeLists.txt has it.

namespace latchkey::cli {

inline constexpr const char* kVersion = LATCHKEY_VERSION;

}  // namespace latchkey::cli
