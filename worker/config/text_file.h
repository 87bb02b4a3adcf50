// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the file of settings and the credentials have in common: lines of text without control
// characters.
//
// Runs in every process, at start. What is wrong is an answer, and never repeats the content.

#include <string_view>

namespace latchkey::config {

// "has a control character"; a tab is none. nullptr: nothing is wrong.
const char* fault_of_line(std::string_view line);

}  // namespace latchkey::config
