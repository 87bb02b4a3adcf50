// SPDX-License-Identifier: Apache-2.0
//
// Tokens. A text verifies only if the ring itself would write it, byte for byte; a changed bit
// makes any token worthless; no header, even a signed one, makes the verifier throw or take another
// algorithm than the key's.
#include "crypto/jws.h"

#include <string>

#include "check.h"
#include "crypto/base64url.h"
#include "service/claims.h"

using latchkey::crypto::base64url_decode;
using latchkey::crypto::base64url_encode;
using latchkey::crypto::JwsOutcome;
using latchkey::crypto::JwsVerdict;
using latchkey::crypto::KeyRing;
using latchkey::fuzz::claim;

namespace {

// seeds.py makes its tokens with the same key.
constexpr std::string_view kMaterial = "fuzzing-needs-a-key-of-32-bytes!";

struct World {
  World() {
    const auto* const hs256 = latchkey::crypto::find_jws_algorithm("HS256");
    claim(hs256 != nullptr, "HS256 is known");
    ring.add(*hs256, latchkey::base::Secret(kMaterial), "fuzz");
    key = hs256->make_key(latchkey::base::Secret(kMaterial));
  }
  KeyRing ring;
  std::unique_ptr<latchkey::crypto::JwsKey> key;
};

void check_any_text(const World& world, std::string_view text) {
  const JwsVerdict verdict = world.ring.verify(text);
  if (verdict.outcome != JwsOutcome::kOk) {
    claim(verdict.payload.empty(), "nothing is told of a token that does not verify");
    return;
  }
  // Nobody can sign without the key, so it is a seed.
  const std::string_view signed_part = text.substr(0, text.rfind('.'));
  const auto signature = base64url_decode(text.substr(signed_part.size() + 1));
  claim(signature == world.key->sign(signed_part), "who verifies has the signature of the key");
}

void check_payload(const World& world, std::string_view payload) {
  const std::string token = world.ring.sign(payload);
  const JwsVerdict verdict = world.ring.verify(token);
  if (token.size() > latchkey::crypto::kMaxTokenBytes) {
    claim(verdict.outcome == JwsOutcome::kMalformed, "a token past the limit is refused");
    return;
  }
  claim(verdict.outcome == JwsOutcome::kOk && verdict.payload == payload,
        "what was signed verifies and is what it was");
  if (payload.empty()) return;
  // One bit somewhere, chosen by the input itself.
  std::string changed = token;
  const std::size_t at = static_cast<unsigned char>(payload[0]) * token.size() / 256;
  changed[at] = static_cast<char>(changed[at] ^ (1 << (payload.size() % 8)));
  claim(world.ring.verify(changed).outcome != JwsOutcome::kOk, "no changed token verifies");
}

// A header of the stranger's choice under our own signature: as if the key had been used elsewhere.
void check_header(const World& world, std::string_view header) {
  const std::string signed_part = base64url_encode(header) + '.' + base64url_encode("{}");
  const std::string token = signed_part + '.' + base64url_encode(world.key->sign(signed_part));
  if (world.ring.verify(token).outcome != JwsOutcome::kOk) return;
  claim(
      header.find("HS256") != std::string_view::npos || header.find('\\') != std::string_view::npos,
      "only the algorithm of the key is taken");
}

// What claims are accepted keeps its meaning when it is written again.
void check_claims(std::string_view payload) {
  const auto claims = latchkey::service::read_claims(payload);
  if (!claims) return;
  const auto again = latchkey::service::read_claims(latchkey::service::write_claims(*claims));
  if (!again) {
    // A payload is at most 2 KiB, and the writer may need more for the same text.
    claim(latchkey::service::write_claims(*claims).size() > 2048, "claims can be read again");
    return;
  }
  claim(again->issuer == claims->issuer && again->token_id == claims->token_id &&
            again->type == claims->type && again->caller.user_id == claims->caller.user_id &&
            again->issued_at_s == claims->issued_at_s &&
            again->expires_at_s == claims->expires_at_s,
        "claims read the same after they were written again");
  claim(claims->caller.user_id > 0, "a user id is positive");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  std::string_view text = latchkey::fuzz::text_of(data, size);
  switch (latchkey::fuzz::take_choice(text, 4)) {
    case 0:
      check_any_text(world, text);
      break;
    case 1:
      check_payload(world, text);
      break;
    case 2:
      check_header(world, text);
      break;
    default:
      check_claims(text);
      break;
  }
  return 0;
}
