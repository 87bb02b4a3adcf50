// SPDX-License-Identifier: Apache-2.0
#pragma once

// What somebody may have meant who wrote a name that does not exist.
//
// Runs in every process, at start. No failures.

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::config {

// The candidate that `name` is most like; empty if none is. Letters count as they are.
std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates);

// "DATABSE_URL, which is no setting; did you mean DATABASE_URL?"
std::string unknown_name(std::string_view name);

}  // namespace latchkey::config
