// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a command gets a new password from: a terminal without echo, or a file. Never an argument,
// which everybody on the machine can see.
//
// Runs on the command line. A file that cannot be read is a FileFailure; a line that is no
// password, no terminal, and two passwords that differ are a std::runtime_error that says so.

#include <optional>
#include <string>

#include "base/secret.h"

namespace latchkey::cli {

// The first and only line of the file, of at most 4096 bytes and without its line end. "-" is
// standard input.
base::Secret read_password_file(const std::string& path);

// Asks twice on the terminal that the command was typed at, whatever standard input is.
base::Secret ask_new_password();

// By --password-file if it was given.
base::Secret new_password(const std::optional<std::string>& password_file);

}  // namespace latchkey::cli
