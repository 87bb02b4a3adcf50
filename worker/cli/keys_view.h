// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `latchkey keys list` says of each key, as a table for people and as JSON, one object a line.
//
// Runs on the command line. No failures. Nothing of a key shows but its name.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key_directory.h"

namespace latchkey::cli {

enum class KeyState { kSigns, kVerifies, kNotYet };

struct KeyRow {
  crypto::KeyListing key;
  KeyState state = KeyState::kVerifies;
  // When the last token that it can have signed has ended. nullopt: nobody knows, because the key
  // signs, or signed until JWT_ALGORITHM was changed.
  std::optional<std::int64_t> retirable_from_ms;
};

// What there is to know of the time: now, and the longest that any token lives.
struct KeyTimes {
  std::int64_t now_ms = 0;
  std::int64_t token_lifetime_ms = 0;
};

// `keys`: oldest first; `signs_by`: JWT_ALGORITHM.
std::vector<KeyRow> key_rows(const std::vector<crypto::KeyListing>& keys,
                             const crypto::JwsAlgorithm& signs_by, const KeyTimes& times);

std::string keys_table(const std::vector<KeyRow>& rows, const KeyTimes& times);
std::string keys_json(const std::vector<KeyRow>& rows);

}  // namespace latchkey::cli
