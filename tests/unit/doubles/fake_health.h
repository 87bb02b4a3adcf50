// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/error.h"
#include "db/health.h"

namespace latchkey::doubles {

class FakeHealth final : public db::Health {
 public:
  db::Readiness look() override {
    if (fault) throw *fault;
    return state;
  }

  db::Readiness state{.schema_version = db::kRequiredSchemaVersion, .is_read_only = false};
  std::optional<base::Error> fault;  // thrown instead of an answer
};

}  // namespace latchkey::doubles
