// SPDX-License-Identifier: Apache-2.0
#pragma once

// The signature algorithms of JWS (RFC 7518, section 3), as rows of one table.
//
// A row turns key material into a key that is ready for use. Callers (jws.h) know a name and the
// interface below; a new algorithm is a new row and a new class in jws_algorithm.cpp. There is no
// row "none".
//
// Runs in workers. Unfit key material is an operator's fault: Error(kInternalError) whose cause
// says what is wrong and never shows the key.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace latchkey::crypto {

// One key. It holds contexts of OpenSSL: make it in the process that uses it, after a fork.
class JwsKey {
 public:
  JwsKey() = default;
  JwsKey(const JwsKey&) = delete;
  JwsKey& operator=(const JwsKey&) = delete;
  virtual ~JwsKey() = default;

  // The raw signature of `input`.
  [[nodiscard]] virtual std::string sign(std::string_view input) const = 0;
  // Takes the same time for every wrong signature of the right length.
  [[nodiscard]] virtual bool verify(std::string_view input, std::string_view signature) const = 0;
  // A name for the key that any process derives alike and that tells nothing about it.
  [[nodiscard]] virtual std::string thumbprint() const = 0;
};

struct JwsAlgorithm {
  std::string_view name;  // as in the header's "alg"
  std::unique_ptr<JwsKey> (*make_key)(const base::Secret& material);
};

std::span<const JwsAlgorithm> jws_algorithms();
// nullptr if there is no such row.
const JwsAlgorithm* find_jws_algorithm(std::string_view name);

}  // namespace latchkey::crypto
