// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the program ends, after sysexits(3). Workers and the supervisor end as process/contract.h
// says, with the same numbers.

namespace latchkey::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitFailure = 70;
inline constexpr int kExitConfiguration = 78;

}  // namespace latchkey::cli
