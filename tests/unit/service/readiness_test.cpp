// SPDX-License-Identifier: Apache-2.0
#include "service/readiness.h"

#include <gtest/gtest.h>

#include "doubles/fake_health.h"
#include "doubles/thrown_error.h"

namespace latchkey::service {
namespace {

using base::ErrorCode;
using doubles::thrown_by;

TEST(Readiness, AWritableDatabaseOfThisSchemaOrALaterOneWillDo) {
  doubles::FakeHealth health;
  EXPECT_NO_THROW(require_ready(health));
  health.state.schema_version = db::kRequiredSchemaVersion + 1;
  EXPECT_NO_THROW(require_ready(health));
}

TEST(Readiness, AReadOnlyDatabaseWillNot) {
  doubles::FakeHealth health;
  health.state.is_read_only = true;
  const base::Error error = thrown_by([&] { require_ready(health); });
  EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(error.detail(), "The database is read-only");
  EXPECT_EQ(error.retry_after_s(), 5);
}

TEST(Readiness, AnOlderSchemaWillNot) {
  doubles::FakeHealth health;
  health.state.schema_version = db::kRequiredSchemaVersion - 1;
  const base::Error error = thrown_by([&] { require_ready(health); });
  EXPECT_EQ(error.code(), ErrorCode::kDatabaseUnavailable);
  EXPECT_EQ(error.cause(), "schema version " + std::to_string(db::kRequiredSchemaVersion - 1) +
                               ", needed " + std::to_string(db::kRequiredSchemaVersion));
  EXPECT_EQ(error.retry_after_s(), 5);
}

TEST(Readiness, ADatabaseThatCannotBeAskedSaysWhy) {
  doubles::FakeHealth health;
  health.fault = base::Error(ErrorCode::kCircuitOpen).retry_after(60);
  const base::Error error = thrown_by([&] { require_ready(health); });
  EXPECT_EQ(error.code(), ErrorCode::kCircuitOpen);
  EXPECT_EQ(error.retry_after_s(), 60);
}

}  // namespace
}  // namespace latchkey::service
