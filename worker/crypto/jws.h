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
// Runs in workers, and on the command line to look at a ring. A token that does not verify is an
// answer, not an exception; nothing of it may be logged. Make the ring in the process that uses it,
// after a fork (see jws_algorithm.h).

#include <cstddef>
#include <cstdint>
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

// The public halves of a ring.
struct PublicKeys {
  std::string json;  // a JWK Set (RFC 7517, section 5)
  std::string etag;  // RFC 9110, section 8.8.3, with its quotes
};

// What tokens are signed and verified with: a ring that stays as it is, or one that follows a
// directory (followed_keys.h).
class Keys {
 public:
  Keys() = default;
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  virtual ~Keys() = default;

  // A token over `payload` as it stands, by the key that was to sign at `at_ms` (milliseconds since
  // 1970). The same payload, time and keys always give the same token, in every process: a refresh
  // token that is handed out twice is byte-identical, and service/ relies on it.
  [[nodiscard]] virtual std::string sign(std::string_view payload, std::int64_t at_ms) const = 0;
  [[nodiscard]] virtual JwsVerdict verify(std::string_view token) const = 0;
  [[nodiscard]] virtual PublicKeys public_keys() const = 0;

 protected:
  Keys(Keys&&) = default;
  Keys& operator=(Keys&&) = default;
};

class KeyRing final : public Keys {
 public:
  // Keys of other algorithms than `signs_by` only verify.
  explicit KeyRing(const JwsAlgorithm& signs_by) : signs_by_(&signs_by) {}

  // A key that is newer than those before it: of its algorithm it signs from `signs_from_ms` on.
  // Without a name (RFC 7515's kid) the key's thumbprint is taken. Unfit material or a name twice:
  // Error(kInternalError).
  const JwsKey& add(const JwsAlgorithm& algorithm, const base::Secret& material,
                    std::int64_t signs_from_ms = 0, std::string_view kid = {});

  // The newest key whose time has come. Where that of none has, as on a machine whose clock was set
  // back, the oldest. Empty: there is none that may sign.
  [[nodiscard]] std::string_view signing_kid(std::int64_t at_ms) const;

  // A ring without a key that may sign is a bug of the caller: Error(kInternalError).
  [[nodiscard]] std::string sign(std::string_view payload, std::int64_t at_ms) const override;
  [[nodiscard]] JwsVerdict verify(std::string_view token) const override;
  [[nodiscard]] PublicKeys public_keys() const override;

 private:
  struct Entry {
    std::string kid;
    const JwsAlgorithm* algorithm;
    std::int64_t signs_from_ms;
    std::unique_ptr<JwsKey> key;
    std::string encoded_header;  // the one this ring writes
  };

  struct Candidates {
    JwsOutcome outcome = JwsOutcome::kMalformed;
    std::vector<const Entry*> entries;
  };

  [[nodiscard]] const Entry* signer_at(std::int64_t at_ms) const;
  [[nodiscard]] Candidates candidates_for(std::string_view encoded_header) const;

  const JwsAlgorithm* signs_by_;
  std::vector<Entry> entries_;  // oldest first
};

}  // namespace latchkey::crypto
