// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs a program once to learn whether it is content: before a rolling restart the supervisor asks
// the program that is installed now, which may be newer than itself, whether it would start.
//
// The child has our environment and nothing to read. What it writes on standard error, if it fails,
// is the reason. It is killed when it has not ended after kTrialBoundMs.
//
// Runs in the supervisor, which does nothing else meanwhile. A program that cannot be executed is
// a refusal; std::system_error is thrown when the kernel gives no pipe.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::process {

inline constexpr int kTrialBoundMs = 10'000;

// nullopt: it exited with 0. Otherwise why not, in at most kLongestReason bytes on one line.
inline constexpr std::size_t kLongestReason = 1000;
std::optional<std::string> refusal_of(const std::vector<std::string>& command);

}  // namespace latchkey::process
