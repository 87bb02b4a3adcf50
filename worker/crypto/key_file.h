// SPDX-License-Identifier: Apache-2.0
#pragma once

// One key of a key directory as a file.
//
// Its name says when the key begins to sign and by which algorithm:
// "20261121T004109.123Z-ES256.pem". So the order of names is that of age, and a key can be
// published before it signs. It holds a private key in PEM, or for HS256, whose name ends in .key,
// the bytes in base64 on one line.
//
// Only the owner may write a key file, and only owner and group may read it.
//
// Runs in workers and on the command line. What is wrong with a file is an answer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.h"
#include "crypto/jws_algorithm.h"

namespace latchkey::crypto {

inline constexpr std::size_t kMaxKeyFileBytes = std::size_t{16} * 1024;

struct KeyFileName {
  std::int64_t signs_from_ms = 0;  // since 1970
  const JwsAlgorithm* algorithm = nullptr;

  [[nodiscard]] std::string text() const;
  // nullopt: not such a name.
  static std::optional<KeyFileName> parse(std::string_view text);
};

// Whether a file means to be a key, by the end of its name.
bool looks_like_a_key_file(std::string_view name);

// How a text begins that says how such a name is made.
inline constexpr std::string_view kKeyFileForm =
    "YYYYMMDDTHHMMSS.mmmZ-ALGORITHM.pem (.key of HS256)";

// Why a file is no key of ours, as the end of a sentence ("is readable for everybody"). Empty: it
// has gone meanwhile, which is no fault.
struct KeyFileFault {
  std::string text;
};

// The material of the file, as the algorithm takes it.
std::variant<base::Secret, KeyFileFault> read_key_file(const std::string& path,
                                                       const JwsAlgorithm& algorithm);

// Writes a new key below `directory`, whole or not at all, readable for the directory's group. By
// root it is given to the directory's owner. std::system_error: the system would not.
void write_key_file(const std::string& directory, const KeyFileName& name,
                    const base::Secret& material);

// Moves a file to `retired/` below the directory, which is made if need be.
void retire_key_file(const std::string& directory, const std::string& name);

}  // namespace latchkey::crypto
