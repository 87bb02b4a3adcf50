// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `latchkey doctor` shows, for people and for programs.
//
// Runs on the command line. No failures.

#include <cstddef>
#include <string>

#include "cli/finding.h"

namespace latchkey::cli {

std::size_t count(const Report& report, Mark mark);
// Nothing failed and everything could be asked. Warnings are allowed.
bool is_healthy(const Report& report);

// A list, area by area, and a line that sums it up.
std::string doctor_text(const Report& report, bool in_colour);
// One JSON object and a newline.
std::string doctor_json(const Report& report);

}  // namespace latchkey::cli
