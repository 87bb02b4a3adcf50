// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key directory (JWT_KEYS_DIR), and the ring that comes of it and of JWT_SECRET_KEY.
//
// Keys are added and taken away, never changed in place, so the directory's own times tell whether
// there is anything new (KeyStamp). Names that begin with a dot, and `retired`, are passed over.
//
// Runs in workers and on the command line. What is wrong is an answer: sentences for operators,
// which never show a key.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/jws.h"
#include "crypto/jws_algorithm.h"

namespace latchkey::crypto {

inline constexpr std::size_t kMaxKeys = 64;

// Another stamp: something came or went.
struct KeyStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;  // since 1970

  bool operator==(const KeyStamp&) const = default;
};

// One stat(2). All zeros: there is no such directory, or it may not be looked at.
KeyStamp stamp_of(const std::string& directory);

struct KeySource {
  const JwsAlgorithm* signs_by = nullptr;
  base::Secret secret;    // JWT_SECRET_KEY: the oldest HS256 key; empty: there is none
  std::string directory;  // JWT_KEYS_DIR; empty: there is none
};

// A key of the ring, as people see it.
struct KeyListing {
  std::string kid;
  const JwsAlgorithm* algorithm = nullptr;
  std::int64_t signs_from_ms = 0;  // 0: from the beginning
  std::string file;                // empty: JWT_SECRET_KEY
  int bits = 0;
};

struct KeyReading {
  // Of the keys that could be read. Not there if none may sign, or the directory cannot be read.
  std::optional<KeyRing> ring;
  std::vector<KeyListing> keys;  // those that could be read, oldest first
  std::vector<std::string> faults;
  std::vector<std::string> broken;   // the files among the faults
  bool lacks_signer = false;         // one of the faults, and the only one
  std::vector<std::string> ignored;  // files of the directory that are no keys; a few of them
};

KeyReading read_keys(const KeySource& source);

}  // namespace latchkey::crypto
