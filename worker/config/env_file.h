// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads a file of KEY=VALUE lines, the one that systemd's EnvironmentFile= takes too, so that a
// value means the same whoever reads it.
//
// Not as a reader of Java's properties would have it, which splits at ':' as well as at '=', takes
// '!' for a comment, drops or interprets backslashes, keeps quotes, and joins lines: a connection
// string or a secret would come through changed, and without a word.
//
// The rules, as in systemd.exec(5):
//   # comment, ; comment        and empty lines are passed over; a '#' inside a value is part of it
//   KEY=plain value             blanks around it go; a backslash makes the next character literal
//   KEY="value"                 \" \\ \$ \` stand for the character, another backslash for itself
//   KEY='value'                 as it stands
// Nothing is expanded. What systemd would read over several lines, and what it would pass over
// with a warning, is an error here.
//
// Runs in every process, at start. What is wrong in the file is an answer: all of it at once, by
// line number, without repeating the line, which may hold a secret.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace latchkey::config {

inline constexpr std::size_t kMaxEnvFileBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxEnvLineBytes = 4096;

struct EnvLine {
  std::size_t number = 0;  // from 1
  std::string name;
  base::Secret value;
};

struct EnvFile {
  std::vector<EnvLine> lines;
  std::vector<std::string> errors;
};

EnvFile parse_env_file(std::string_view text);

// A file that cannot be read is one error that names it.
EnvFile read_env_file(const std::string& path);

}  // namespace latchkey::config
