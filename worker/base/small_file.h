// SPDX-License-Identifier: Apache-2.0
#pragma once

// A regular file that is read as a whole, because it is small: settings, credentials, keys.
//
// Runs in every process. What is wrong is an answer, and never repeats the content.

#include <cstddef>
#include <optional>
#include <string>
#include <sys/types.h>

namespace latchkey::base {

// Reads the file into `text`, which is the caller's to wipe, and its mode into `mode` if that is
// given; or says what is wrong.
std::optional<std::string> read_small_file(const std::string& path, std::size_t max_bytes,
                                           std::string& text, mode_t* mode = nullptr);

}  // namespace latchkey::base
