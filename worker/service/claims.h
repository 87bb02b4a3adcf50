// SPDX-License-Identifier: Apache-2.0
#pragma once

// The claims of a token (RFC 7519, section 4) between JSON and a struct.
//
// Every claim is required, has one type and one meaning; a token that lacks one or spells it
// otherwise is not ours. `nbf`, which we do not write, is respected if present.
//
// Used by tokens.cpp. Runs in workers. A payload that does not fit is an answer (nullopt).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "db/records.h"

namespace latchkey::service {

struct Claims {
  std::string issuer;
  db::Caller caller;  // sub and sid
  std::string token_id;
  std::int64_t issued_at_s = 0;
  std::int64_t expires_at_s = 0;
  std::int64_t not_before_s = 0;  // 0 if absent
  std::string type;
};

std::string write_claims(const Claims& claims);
std::optional<Claims> read_claims(std::string_view payload);

}  // namespace latchkey::service
