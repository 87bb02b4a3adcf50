// SPDX-License-Identifier: Apache-2.0
#pragma once

// The settings as text for people: `latchkey config`, the listing of `--list`, the example file.
//
// Runs on the command line. No failures. No secret is ever shown, not even in part: of
// DATABASE_URL the whole value is masked, since a password can stand anywhere in it.

#include <string>

#include "config/settings.h"

namespace latchkey::config {

inline constexpr const char* kMask = "********";

// Every setting with where its value comes from and the value; then the warnings.
std::string show_settings(const Settings& settings);

// NAME=value of every setting that is no secret, as it was given or as the default has it.
std::string settings_for_scripts(const Settings& settings);

// Every setting with its help, what it allows and its default.
std::string list_settings();

// A file to copy and fill in: every setting with its help, commented out at its default; the
// required ones not commented out.
std::string env_example();

}  // namespace latchkey::config
