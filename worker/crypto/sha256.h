// SPDX-License-Identifier: Apache-2.0
#pragma once

// SHA-256 (FIPS 180-4) of a text.
//
// Runs in hash workers and on the command line. Make it in the process that uses it. A failure of
// OpenSSL is a bug or a machine without memory: Error(kInternalError).

#include <array>
#include <memory>
#include <string_view>

// OpenSSL's own names, so that its headers stay inside this room's .cpp files.
struct evp_md_st;
struct evp_md_ctx_st;

namespace latchkey::crypto {

class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  Sha256();

  [[nodiscard]] Digest of(std::string_view text) const;

 private:
  struct Free {
    void operator()(evp_md_st* algorithm) const;
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_st, Free> algorithm_;  // fetched once, which takes longer than a digest
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace latchkey::crypto
