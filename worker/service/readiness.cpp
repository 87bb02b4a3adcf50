// SPDX-License-Identifier: Apache-2.0
#include "service/readiness.h"

#include <string>

#include "base/error.h"

namespace latchkey::service {
namespace {

constexpr std::int64_t kRetryAfterS = 5;

}  // namespace

void require_ready(db::Health& health) {
  const db::Readiness state = health.look();
  if (state.is_read_only) {
    throw base::Error(base::ErrorCode::kDatabaseUnavailable, "The database is read-only")
        .retry_after(kRetryAfterS);
  }
  if (state.schema_version < db::kRequiredSchemaVersion) {
    throw base::Error(base::ErrorCode::kDatabaseUnavailable,
                      "The schema of the database is older than the program")
        .because("schema version " + std::to_string(state.schema_version) + ", needed " +
                 std::to_string(db::kRequiredSchemaVersion))
        .retry_after(kRetryAfterS);
  }
}

}  // namespace latchkey::service
