// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes the fields of a body out one by one, collecting what is missing or of the wrong type, so
// that the answer names every fault at once.
//
// Runs in workers. A body that cannot be read at all is a base::Error (http/body.h).

#include <optional>
#include <string>
#include <string_view>

#include "base/json_reader.h"
#include "base/secret.h"
#include "http/route.h"
#include "service/field_rules.h"

namespace latchkey::api {

class BodyReader {
 public:
  // By the kind of body that the exchange's route takes.
  explicit BodyReader(const http::Exchange& exchange);

  // Empty, with a fault, unless the member is a non-empty string.
  std::optional<std::string> required(std::string_view field);
  std::optional<base::Secret> required_secret(std::string_view field);
  // Empty without a fault if there is no such member.
  std::optional<std::string> optional(std::string_view field);

  [[nodiscard]] service::Faults take_faults() { return std::move(faults_); }
  // The field of a body that has but one.
  base::Secret the_secret(std::string_view field);

 private:
  std::optional<std::string_view> find(std::string_view field, bool is_required);

  base::JsonObject object_;
  service::Faults faults_;
};

}  // namespace latchkey::api
