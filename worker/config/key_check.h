// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the settings say that the keys are, and whether a service could start with those.
//
// Runs in every process, at start. What is wrong is an answer.

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "crypto/key_directory.h"

namespace latchkey::config {

// JWT_ALGORITHM must have been read.
crypto::KeySource key_source_of(const Settings& settings);

struct KeyFault {
  std::string_view setting;
  std::string wrong;
};

// Reads the key directory. Empty: there is a key that signs, and nothing is broken.
std::vector<KeyFault> check_keys(const Settings& settings);

}  // namespace latchkey::config
