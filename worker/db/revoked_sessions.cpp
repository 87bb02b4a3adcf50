// SPDX-License-Identifier: Apache-2.0
#include "db/revoked_sessions.h"

#include <cstddef>

namespace latchkey::db {
namespace {

constexpr Statement kRevokedSince{
    "revoked_since", "SELECT session_id FROM latchkey.revoked_since($1, $2)", Effect::kReads};

}  // namespace

std::vector<base::Uuid> PgRevokedSessions::since(std::int64_t ms_ago, std::int32_t limit,
                                                 std::optional<std::int64_t> patience_ms) {
  const Rows rows = patience_ms
                        ? database_.call_impatiently(*patience_ms, kRevokedSince, {ms_ago, limit})
                        : database_.call(kRevokedSince, {ms_ago, limit});
  std::vector<base::Uuid> sessions;
  sessions.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) sessions.push_back(rows.uuid(row, 0));
  return sessions;
}

}  // namespace latchkey::db
