// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the file of settings and the credentials have in common: a small regular file, and lines of
// text without control characters.
//
// Runs in every process, at start. What is wrong is an answer, and never repeats the content.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::config {

// Reads the file into `text`, which is the caller's to wipe; or says what is wrong.
std::optional<std::string> read_text(const std::string& path, std::size_t max_bytes,
                                     std::string& text);

// "has a control character"; a tab is none. nullptr: nothing is wrong.
const char* fault_of_line(std::string_view line);

}  // namespace latchkey::config
