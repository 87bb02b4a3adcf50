// SPDX-License-Identifier: Apache-2.0
#include "db/purges.h"

#include "db/columns.h"

namespace latchkey::db {
namespace {

constexpr Statement kPurgeBegin{
    "purge_begin", "SELECT outcome, session_pages FROM latchkey.purge_begin($1, $2, $3)",
    Effect::kWrites};

constexpr Statement kPurgeSessions{
    "purge_sessions", "SELECT outcome, deleted FROM latchkey.purge_sessions($1, $2, $3)",
    Effect::kWrites};

constexpr Statement kPurgeAuditEvents{
    "purge_audit_events",
    "SELECT outcome, deleted, last_id FROM latchkey.purge_audit_events($1, $2, $3)",
    Effect::kWrites};

constexpr Statement kPurgeThrottle{
    "purge_throttle", "SELECT outcome, deleted, last_key FROM latchkey.purge_throttle($1, $2, $3)",
    Effect::kWrites};

constexpr Statement kPurgeAddresses{
    "purge_addresses",
    "SELECT outcome, deleted, last_user_id FROM latchkey.purge_addresses($1, $2, $3)",
    Effect::kWrites};

constexpr Statement kPurgeEnd{"purge_end", "SELECT outcome FROM latchkey.purge_end()",
                              Effect::kWrites};

// Whether a batch was carried out; false: another purge has the lock.
bool was_carried_out(const Statement& statement, const Rows& rows) {
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "busy") return false;
  if (outcome != "done" && outcome != "finished") refuse_outcome(statement, rows);
  return true;
}

bool was_last(const Rows& rows) { return rows.text(0, 0) == "finished"; }

}  // namespace

std::optional<std::int64_t> PgPurges::begin(const Retention& retention, std::string_view actor) {
  const Rows rows = database_.call_for_one_row(
      kPurgeBegin, {retention.sessions_after_s, retention.audit_s, actor});
  if (rows.text(0, 0) == "busy") return std::nullopt;
  if (rows.text(0, 0) != "started") refuse_outcome(kPurgeBegin, rows);
  return rows.integer(0, 1);
}

std::optional<std::int64_t> PgPurges::delete_sessions(const Retention& retention,
                                                      std::int64_t first_page, std::int32_t pages) {
  const Rows rows =
      database_.call_for_one_row(kPurgeSessions, {retention.sessions_after_s, first_page, pages});
  if (rows.text(0, 0) == "busy") return std::nullopt;
  if (rows.text(0, 0) != "done") refuse_outcome(kPurgeSessions, rows);
  return rows.integer(0, 1);
}

std::optional<AuditBatch> PgPurges::delete_audit_events(const Retention& retention,
                                                        std::int64_t after_id, std::int32_t limit) {
  const Rows rows =
      database_.call_for_one_row(kPurgeAuditEvents, {retention.audit_s, after_id, limit});
  if (!was_carried_out(kPurgeAuditEvents, rows)) return std::nullopt;
  return AuditBatch{.deleted = rows.integer(0, 1),
                    .last_id = rows.optional_integer(0, 2).value_or(after_id),
                    .is_last = was_last(rows)};
}

std::optional<ThrottleBatch> PgPurges::delete_attempts(const Retention& retention,
                                                       const std::optional<std::string>& after_key,
                                                       std::int32_t limit) {
  const Rows rows =
      database_.call_for_one_row(kPurgeThrottle, {retention.attempts_s, after_key, limit});
  if (!was_carried_out(kPurgeThrottle, rows)) return std::nullopt;
  return ThrottleBatch{
      .deleted = rows.integer(0, 1),
      .last_key = rows.is_null(0, 2) ? after_key : std::optional(std::string(rows.text(0, 2))),
      .is_last = was_last(rows)};
}

std::optional<AddressBatch> PgPurges::delete_addresses(const Retention& retention,
                                                       std::int64_t after_user_id,
                                                       std::int32_t limit) {
  const Rows rows =
      database_.call_for_one_row(kPurgeAddresses, {retention.addresses_s, after_user_id, limit});
  if (!was_carried_out(kPurgeAddresses, rows)) return std::nullopt;
  return AddressBatch{.deleted = rows.integer(0, 1),
                      .last_user_id = rows.optional_integer(0, 2).value_or(after_user_id),
                      .is_last = was_last(rows)};
}

void PgPurges::end() {
  const Rows rows = database_.call_for_one_row(kPurgeEnd, {});
  if (rows.text(0, 0) != "ended" && rows.text(0, 0) != "lost") refuse_outcome(kPurgeEnd, rows);
}

}  // namespace latchkey::db
