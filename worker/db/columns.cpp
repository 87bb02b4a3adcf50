// SPDX-License-Identifier: Apache-2.0
#include "db/columns.h"

#include <string>

#include "base/error.h"
#include "base/utf8.h"

namespace latchkey::db {

namespace {
constexpr int kUserColumns = 7;
constexpr int kFirstUserColumn = 1;  // after the outcome
}  // namespace

User read_user(const Rows& rows, int first_column) {
  return {
      .id = rows.integer(0, first_column),
      .email = std::string(rows.text(0, first_column + 1)),
      .username = std::string(rows.text(0, first_column + 2)),
      .is_active = rows.boolean(0, first_column + 3),
      .created_at_ms = rows.integer(0, first_column + 4),
      .updated_at_ms = rows.integer(0, first_column + 5),
      .last_login_ms = rows.optional_integer(0, first_column + 6),
  };
}

Session read_session(const Rows& rows, int first_column) {
  return {
      .id = rows.uuid(0, first_column),
      .counter = rows.small_integer(0, first_column + 1),
      .rotated_at_ms = rows.integer(0, first_column + 2),
      .expires_at_ms = rows.integer(0, first_column + 3),
  };
}

Grant read_grant(const Rows& rows) {
  return {read_user(rows, kFirstUserColumn), read_session(rows, kFirstUserColumn + kUserColumns)};
}

Standing read_standing(const Statement& statement, const Rows& rows, std::string_view done) {
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == done) return Standing::kLive;
  if (outcome == "ended") return Standing::kEnded;
  if (outcome == "inactive") return Standing::kInactive;
  refuse_outcome(statement, rows);
}

void refuse_outcome(const Statement& statement, const Rows& rows) {
  throw base::Error(base::ErrorCode::kInternalError)
      .because(std::string(statement.name) +
               " answered an unknown outcome: " + std::string(base::cut_utf8(rows.text(0, 0), 32)));
}

Parameter address_of(const Origin& origin) {
  if (origin.ip.empty()) return std::nullopt;
  return origin.ip;
}

}  // namespace latchkey::db
