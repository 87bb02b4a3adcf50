// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON Web Signatures in compact form (RFC 7515): sign with the newest key of a ring, verify with
// any. What the payload says is not known here; service/ reads the claims.
//
// The verifier takes the algorithm from its own key. The token's header may only confirm it: its
// "alg" must be the key's, its "kid", if present, must name a key of the ring. Keys that a header
// carries or points to (jwk, jku, x5c, x5u) are never looked at, and "crit" is refused, since no
// extension is understood.
//
// Runs in workers. A token that does not verify is an answer, not an exception; nothing of it may
// be logged. Make the ring in the process that uses it, after a fork (see jws_algorithm.h).

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "crypto/jws_algorithm.h"

namespace latchkey::crypto {

inline constexpr std::size_t kMaxTokenBytes = 4096;

enum class JwsOutcome {
  kOk,
  kMalformed,     // not a JWS in compact form, or a header that is not accepted
  kUnknownKey,    // no key of the ring has the header's kid and alg
  kBadSignature,  // none of the keys that the header allows made the signature
};

struct JwsVerdict {
  JwsOutcome outcome = JwsOutcome::kMalformed;
  std::string payload;  // decoded; empty unless kOk
};

class KeyRing {
 public:
  // The added key becomes the newest: it signs from now on. Without a name (RFC 7515's kid) the
  // key's thumbprint is taken. Unfit material or a name twice: Error(kInternalError).
  void add(const JwsAlgorithm& algorithm, const base::Secret& material, std::string_view kid = {});

  // A token over `payload` as it stands. For HMAC keys the same payload always gives the same
  // token: a refresh token that is handed out twice is byte-identical, and service/ relies on it.
  // A ring without keys is a bug of the caller: Error(kInternalError).
  [[nodiscard]] std::string sign(std::string_view payload) const;

  [[nodiscard]] JwsVerdict verify(std::string_view token) const;

 private:
  struct Entry {
    std::string kid;
    const JwsAlgorithm* algorithm;
    std::unique_ptr<JwsKey> key;
    std::string encoded_header;  // the one this ring writes
  };

  struct Candidates {
    JwsOutcome outcome = JwsOutcome::kMalformed;
    std::vector<const Entry*> entries;
  };

  [[nodiscard]] Candidates candidates_for(std::string_view encoded_header) const;

  std::vector<Entry> entries_;  // oldest first
};

}  // namespace latchkey::crypto
