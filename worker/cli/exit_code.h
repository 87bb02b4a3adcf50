// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the program ends: with the numbers of process/contract.h, which are those of sysexits(3), and
// some more of these for the commands of administrators.

#include "process/contract.h"

namespace latchkey::cli {

inline constexpr int kExitOk = process::kExitDone;
inline constexpr int kExitUsage = process::kExitUsage;
inline constexpr int kExitData = 65;     // what was given is not allowed, all of it or a part
inline constexpr int kExitNoInput = 66;  // a file that was named cannot be read
inline constexpr int kExitNoUser = 67;   // there is no such user
inline constexpr int kExitFailure = process::kExitBroken;
inline constexpr int kExitConfiguration = process::kExitConfiguration;

}  // namespace latchkey::cli
