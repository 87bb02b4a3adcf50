// SPDX-License-Identifier: Apache-2.0
#include "crypto/password_hasher.h"

#include "base/error.h"

namespace latchkey::crypto {

SchemeHasher::SchemeHasher(const PasswordScheme& scheme, int cost, base::Random& random)
    : scheme_(scheme), cost_(cost), random_(random) {
  if (cost < scheme.min_cost || cost > scheme.max_cost) {
    throw base::Error(base::ErrorCode::kInternalError).because("password cost out of bounds");
  }
  dummy_ = scheme.make_dummy(cost, random);
}

std::string SchemeHasher::hash(std::string_view password) {
  return scheme_.hash(password, cost_, random_);
}

PasswordVerdict SchemeHasher::verify(std::string_view password, std::string_view stored_hash) {
  const PasswordScheme* scheme = scheme_of_hash(stored_hash);
  if (scheme == nullptr) {
    verify_nothing(password);
    return {.unusable_hash = true};
  }
  const bool is_configured = scheme->name == scheme_.name;
  if (!scheme->verify(password, stored_hash)) {
    if (is_configured) spend_rest(password, stored_hash);
    return {};
  }
  return {.match = PasswordMatch::kMatch,
          .needs_rehash = !is_configured || scheme->needs_rehash(stored_hash, cost_)};
}

// The work doubles with each unit of cost, so what is missing between two costs is one hash of
// each cost from the lower one on: 2^c + 2^(c+1) + ... + 2^(C-1) = 2^C - 2^c.
void SchemeHasher::spend_rest(std::string_view password, std::string_view stored_hash) {
  for (int cost = scheme_.cost_of(stored_hash); cost < cost_; ++cost) {
    (void)scheme_.verify(password, scheme_.make_dummy(cost, random_));
  }
}

void SchemeHasher::verify_nothing(std::string_view password) {
  (void)scheme_.verify(password, dummy_);
}

std::size_t SchemeHasher::max_password_bytes() const { return scheme_.max_password_bytes; }

}  // namespace latchkey::crypto
