// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys that sign the tokens, as `latchkey doctor` judges them: JWT_SECRET_KEY and the key
// directory.
//
// Runs on the command line. No failures; nothing of a key is shown but its name.

#include "cli/doctor_files.h"
#include "cli/finding.h"
#include "config/settings.h"
#include "crypto/key_directory.h"

namespace latchkey::cli {

// Who may enter and change the directory. `look`: of the directory, following links.
Finding judge_keys_dir(const std::string& path, const FileLook& look);

// What is in the ring, at `now_ms`.
Findings judge_ring(const crypto::KeyReading& reading, const crypto::JwsAlgorithm& signs_by,
                    std::int64_t now_ms);

// All of it, by the settings; JWT_ALGORITHM may be one that cannot be used.
Findings judge_keys(const config::Settings& settings, std::int64_t now_ms);

}  // namespace latchkey::cli
