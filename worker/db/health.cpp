// SPDX-License-Identifier: Apache-2.0
#include "db/health.h"

namespace latchkey::db {
namespace {

constexpr Statement kReadiness{
    "readiness", "SELECT schema_version, read_only FROM latchkey.readiness()", Effect::kReads};

}  // namespace

Readiness PgHealth::look() {
  const Rows rows = database_.call_for_one_row(kReadiness, {});
  return {rows.small_integer(0, 0), rows.boolean(0, 1)};
}

}  // namespace latchkey::db
