// SPDX-License-Identifier: Apache-2.0
#pragma once

// The settings and the signing key, as `latchkey doctor` judges them.
//
// Runs on the command line. No failures; nothing of a secret is shown.

#include <string_view>

#include "cli/finding.h"
#include "config/load.h"

namespace latchkey::cli {

// Each fault and each warning is a finding of its own.
Findings judge_settings(const config::Examination& examination);

// How many bits the key has at the most, if every one of its different bytes were as likely as
// any other.
double bits_of(std::string_view key);

// `key` is empty if the settings have none that can be used: those checks have then said why.
Finding judge_key(std::string_view key);

}  // namespace latchkey::cli
