// SPDX-License-Identifier: Apache-2.0
#include "api/body_reader.h"

#include <utility>

#include "http/body.h"

namespace latchkey::api {

BodyReader::BodyReader(const http::Exchange& exchange)
    : object_(http::read_body(exchange.request, exchange.body)) {}

std::optional<std::string_view> BodyReader::find(std::string_view field, bool is_required) {
  const base::JsonMember* const member = object_.find(field);
  if (member == nullptr) {
    if (is_required) faults_.push_back({std::string(field), "required", "is required"});
    return std::nullopt;
  }
  if (member->kind != base::JsonKind::kString) {
    faults_.push_back({std::string(field), "wrong_type", "must be a string"});
    return std::nullopt;
  }
  if (member->text.empty()) {
    faults_.push_back({std::string(field), "required", "must not be empty"});
    return std::nullopt;
  }
  return member->text;
}

std::optional<std::string> BodyReader::required(std::string_view field) {
  const auto text = find(field, true);
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::optional<base::Secret> BodyReader::required_secret(std::string_view field) {
  const auto text = find(field, true);
  return text ? std::optional(base::Secret(*text)) : std::nullopt;
}

std::optional<std::string> BodyReader::optional(std::string_view field) {
  const auto text = find(field, false);
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

base::Secret BodyReader::the_secret(std::string_view field) {
  auto secret = required_secret(field);
  service::throw_if_any(take_faults());
  return std::move(*secret);
}

}  // namespace latchkey::api
