// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the program ends: with the numbers of process/contract.h, which are those of sysexits(3).

#include "process/contract.h"

namespace latchkey::cli {

inline constexpr int kExitOk = process::kExitDone;
inline constexpr int kExitUsage = process::kExitUsage;
inline constexpr int kExitFailure = process::kExitBroken;
inline constexpr int kExitConfiguration = process::kExitConfiguration;

}  // namespace latchkey::cli
