// SPDX-License-Identifier: Apache-2.0
#include "http/body.h"

#include <string_view>

#include "base/ascii.h"
#include "base/error.h"
#include "http/form.h"

namespace latchkey::http {
namespace {

using base::equals_ignoring_case;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// `charset=utf-8`, quoted or not; no other parameter means anything to us.
bool is_utf8_parameter(std::string_view parameter) {
  parameter = trimmed(parameter);
  return equals_ignoring_case(parameter, "charset=utf-8") ||
         equals_ignoring_case(parameter, "charset=\"utf-8\"");
}

bool has_media_type(std::string_view content_type, std::string_view expected) {
  const std::size_t semicolon = content_type.find(';');
  if (!equals_ignoring_case(trimmed(content_type.substr(0, semicolon)), expected)) return false;
  return semicolon == std::string_view::npos ||
         is_utf8_parameter(content_type.substr(semicolon + 1));
}

}  // namespace

base::JsonObject read_body(const Request& request, Body kind) {
  if (has_media_type(request.content_type, "application/json")) {
    return base::parse_json_object(request.body.reveal(), {.max_bytes = kMaxBodyBytes});
  }
  if (kind == Body::kJsonOrForm &&
      has_media_type(request.content_type, "application/x-www-form-urlencoded")) {
    return parse_form(request.body.reveal());
  }
  throw base::Error(base::ErrorCode::kUnsupportedMediaType,
                    kind == Body::kJsonOrForm
                        ? "The body must be application/json or application/x-www-form-urlencoded"
                        : "The body must be application/json");
}

}  // namespace latchkey::http
