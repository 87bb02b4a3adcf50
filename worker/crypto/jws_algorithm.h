// SPDX-License-Identifier: Apache-2.0
#pragma once

// The signature algorithms of JWS (RFC 7518, section 3; RFC 8037), as rows of one table.
//
// A row turns key material into a key that is ready for use, and makes new material. Callers
// (jws.h, key_directory.h) know a name and the interface below; a new algorithm is a new row and a
// new class in a file of its own. There is no row "none".
//
// Material is what a key file holds once it is decoded: the bytes themselves for HS256, a private
// key in PEM for the others (private_key.h).
//
// Runs in workers and on the command line. Unfit key material is an operator's fault:
// Error(kInternalError) whose cause says what is wrong and never shows the key.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/jwk.h"

namespace latchkey::crypto {

// One key. It holds contexts of OpenSSL: make it in the process that uses it, after a fork.
class JwsKey {
 public:
  JwsKey() = default;
  JwsKey(const JwsKey&) = delete;
  JwsKey& operator=(const JwsKey&) = delete;
  virtual ~JwsKey() = default;

  // The raw signature of `input`; the same one whenever the same key signs the same input.
  [[nodiscard]] virtual std::string sign(std::string_view input) const = 0;
  // Takes the same time for every wrong signature of the right length.
  [[nodiscard]] virtual bool verify(std::string_view input, std::string_view signature) const = 0;
  // A name for the key that any process derives alike and that tells nothing about it.
  [[nodiscard]] virtual std::string thumbprint() const = 0;
  // Empty: the key is a secret that both sides share, and nothing of it is public.
  [[nodiscard]] virtual JwkMembers public_members() const = 0;
  // How strong it is, in the unit in which its kind is measured.
  [[nodiscard]] virtual int bits() const = 0;
};

// The sizes that keys of an algorithm may have; of most there is one.
struct KeySizes {
  int min_bits;
  int max_bits;
  int usual_bits;
};

struct JwsAlgorithm {
  std::string_view name;  // as in the header's "alg"
  bool is_symmetric;
  KeySizes sizes;
  std::unique_ptr<JwsKey> (*make_key)(const base::Secret& material);
  // New material of a size that `sizes` allows.
  base::Secret (*generate)(int bits);
};

std::span<const JwsAlgorithm> jws_algorithms();
// nullptr if there is no such row.
const JwsAlgorithm* find_jws_algorithm(std::string_view name);

}  // namespace latchkey::crypto
