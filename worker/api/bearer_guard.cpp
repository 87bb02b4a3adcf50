// SPDX-License-Identifier: Apache-2.0
#include "api/bearer_guard.h"

#include <string_view>
#include <variant>

#include "base/ascii.h"
#include "base/error.h"

namespace latchkey::api {
namespace {

constexpr std::string_view kScheme = "Bearer";

// Scheme names are compared without regard to case (RFC 9110, section 11.1).
std::string_view bearer_token(std::string_view authorization) {
  const bool has_scheme =
      base::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme) &&
      authorization.substr(kScheme.size()).starts_with(' ');
  if (!has_scheme) throw base::Error(base::ErrorCode::kNotAuthenticated);
  authorization.remove_prefix(kScheme.size());
  const auto first = authorization.find_first_not_of(' ');
  if (first == std::string_view::npos) throw base::Error(base::ErrorCode::kNotAuthenticated);
  return authorization.substr(first);
}

}  // namespace

void require_bearer(const service::Tokens& tokens, http::Exchange& exchange) {
  const auto result = tokens.read_access(bearer_token(exchange.request.authorization));
  if (const auto* const code = std::get_if<base::ErrorCode>(&result)) throw base::Error(*code);
  const auto& [caller, issued_at_s] = std::get<service::AccessClaims>(result);
  exchange.identity = http::Identity{caller.user_id, caller.session_id, issued_at_s};
  exchange.user_id = caller.user_id;
}

}  // namespace latchkey::api
