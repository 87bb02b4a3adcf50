// SPDX-License-Identifier: Apache-2.0
#pragma once

// What to say about a name that no setting has.
//
// Runs in every process, at start. No failures.

#include <string>
#include <string_view>

namespace latchkey::config {

// "DATABSE_URL, which is no setting; did you mean DATABASE_URL?"
std::string unknown_name(std::string_view name);

}  // namespace latchkey::config
