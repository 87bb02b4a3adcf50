// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_hasher.h"

#include "base/error.h"

namespace latchkey::crypto {

SchemeHasher::SchemeHasher(const PasswordScheme& scheme, const PasswordCost& cost,
                           base::Random& random, const base::ProcessorClock& clock)
    : scheme_(scheme),
      cost_(cost),
      kept_bytes_(scheme.memory_bytes(cost)),
      random_(random),
      clock_(clock) {
  if (!scheme.allows(cost)) {
    throw base::Error(base::ErrorCode::kInternalError).because("password cost out of bounds");
  }
  dummy_ = scheme.make_dummy(cost, random);
}

std::string SchemeHasher::hash(std::string_view password) {
  return scheme_.hash(password, cost_, random_, memory_);
}

PasswordVerdict SchemeHasher::verify(std::string_view password, std::string_view stored_hash) {
  const PasswordScheme* scheme = scheme_of_hash(stored_hash);
  if (scheme == nullptr) {
    verify_nothing(password);
    return {.unusable_hash = true};
  }
  const std::int64_t begun_ns = clock_.used_ns();
  const bool is_match = scheme->verify(password, stored_hash, memory_);
  memory_.shrink_to(kept_bytes_);
  const bool is_old = scheme->name != scheme_.name || scheme->needs_rehash(stored_hash, cost_);
  if (!is_old) usual_.note(clock_.used_ns() - begun_ns);
  if (is_match) return {.match = PasswordMatch::kMatch, .needs_rehash = is_old};
  if (is_old) spend_rest(password, begun_ns);
  return {};
}

void SchemeHasher::spend_rest(std::string_view password, std::int64_t begun_ns) {
  if (!usual_.is_known()) verify_nothing(password);
  const std::int64_t end_ns = begun_ns + usual_.ns();
  while (clock_.used_ns() < end_ns) continue;
}

void SchemeHasher::verify_nothing(std::string_view password) {
  const std::int64_t begun_ns = clock_.used_ns();
  (void)scheme_.verify(password, dummy_, memory_);
  usual_.note(clock_.used_ns() - begun_ns);
}

std::size_t SchemeHasher::max_password_bytes() const { return scheme_.max_password_bytes; }

}  // namespace latchkey::crypto
