// SPDX-License-Identifier: Apache-2.0
#include "db/sessions.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "db/columns.h"

namespace latchkey::db {
namespace {

constexpr Statement kRefreshSession{
    "refresh_session",
    "SELECT outcome, " LATCHKEY_USER_COLUMNS ", " LATCHKEY_SESSION_COLUMNS
    " FROM latchkey.refresh_session($1, $2, $3, $4, $5, $6, $7, $8)",
    Effect::kWrites};

constexpr Statement kSettleRefresh{"settle_refresh",
                                   "SELECT outcome, " LATCHKEY_USER_COLUMNS
                                   ", " LATCHKEY_SESSION_COLUMNS
                                   " FROM latchkey.settle_refresh($1, $2, $3, $4, $5, $6)",
                                   Effect::kReads};

constexpr Statement kLogout{"logout", "SELECT outcome FROM latchkey.logout($1, $2, $3, $4, $5)",
                            Effect::kWrites};

constexpr Statement kLogoutAll{
    "logout_all", "SELECT outcome FROM latchkey.logout_all($1, $2, $3, $4, $5)", Effect::kWrites};

constexpr Statement kListSessions{
    "list_sessions",
    "SELECT outcome, session_id, created_at_ms, last_used_at_ms, expires_at_ms, ip, user_agent"
    " FROM latchkey.list_sessions($1, $2)",
    Effect::kReads};

constexpr Statement kRevokeSession{
    "revoke_session", "SELECT outcome FROM latchkey.revoke_session($1, $2, $3, $4, $5, $6)",
    Effect::kWrites};

constexpr std::array kRefreshOutcomes{
    std::pair{std::string_view("rotated"), RefreshOutcome::kRotated},
    std::pair{std::string_view("repeated"), RefreshOutcome::kRepeated},
    std::pair{std::string_view("reused"), RefreshOutcome::kReused},
    std::pair{std::string_view("revoked"), RefreshOutcome::kRevoked},
    std::pair{std::string_view("expired"), RefreshOutcome::kExpired},
    std::pair{std::string_view("inactive"), RefreshOutcome::kInactive},
    std::pair{std::string_view("unknown"), RefreshOutcome::kUnknown},
};

[[noreturn]] void refuse_empty(const Statement& statement) {
  throw base::Error(base::ErrorCode::kInternalError)
      .because(std::string(statement.name) + " answered no row");
}

Refresh read_refresh(const Statement& statement, const Rows& rows) {
  for (const auto& [name, outcome] : kRefreshOutcomes) {
    if (rows.text(0, 0) != name) continue;
    const bool is_granted =
        outcome == RefreshOutcome::kRotated || outcome == RefreshOutcome::kRepeated;
    return {outcome, is_granted ? std::optional(read_grant(rows)) : std::nullopt};
  }
  refuse_outcome(statement, rows);
}

SessionEntry read_entry(const Rows& rows, int row) {
  return {
      .id = rows.uuid(row, 1),
      .created_at_ms = rows.integer(row, 2),
      .last_used_at_ms = rows.integer(row, 3),
      .expires_at_ms = rows.integer(row, 4),
      .ip = std::string(rows.text_or_empty(row, 5)),
      .user_agent = std::string(rows.text_or_empty(row, 6)),
  };
}

}  // namespace

Refresh PgSessions::refresh(const RefreshRequest& request, const Origin& origin) {
  const base::Uuid& session_id = request.caller.session_id;
  const std::optional<std::int64_t> doubtful_ms = doubts_.find(session_id, request.counter);
  // The server compares when this call arrives there, which may take as long as a call may.
  const std::int64_t leeway_ms =
      doubtful_ms ? std::max<std::int64_t>(request.leeway_ms, *doubtful_ms + database_.timeout_ms())
                  : request.leeway_ms;
  try {
    Refresh answer = read_refresh(
        kRefreshSession, database_.call_for_one_row(
                             kRefreshSession, {session_id, request.caller.user_id, request.counter,
                                               leeway_ms, request.session_ttl_s, address_of(origin),
                                               origin.user_agent, origin.request_id}));
    if (doubtful_ms) doubts_.forget(session_id, request.counter);
    return answer;
  } catch (const OutcomeUnknown& doubt) {
    if (const std::optional<Refresh> settled = settle(request, origin, doubt)) return *settled;
    doubts_.note(session_id, request.counter,
                 doubtful_ms.value_or(0) + doubt.deadline().elapsed_ms());
    throw base::Error(doubt);
  }
}

// Nothing where it cannot be settled now.
std::optional<Refresh> PgSessions::settle(const RefreshRequest& request, const Origin& origin,
                                          const OutcomeUnknown& doubt) {
  if (doubt.deadline().is_over()) return std::nullopt;
  // The lost call was sent after the deadline began, and the look-up is over before it ends.
  const std::int64_t sent_ms_ago = doubt.deadline().length_ms();
  try {
    const Rows rows = database_.call_for_one_row_before(
        doubt.deadline(), kSettleRefresh,
        {request.caller.session_id, request.caller.user_id, request.counter, sent_ms_ago,
         address_of(origin), origin.user_agent});
    if (rows.text(0, 0) == "unsettled") return std::nullopt;
    return read_refresh(kSettleRefresh, rows);
  } catch (const base::Error&) {
    return std::nullopt;  // the first failure is the one to tell of
  }
}

void PgSessions::log_out(const Caller& caller, const Origin& origin) {
  const Rows rows =
      database_.call_for_one_row(kLogout, {caller.session_id, caller.user_id, address_of(origin),
                                           origin.user_agent, origin.request_id});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome != "logged_out" && outcome != "already_ended") refuse_outcome(kLogout, rows);
}

Standing PgSessions::log_out_everywhere(const Caller& caller, const Origin& origin) {
  const Rows rows =
      database_.call_for_one_row(kLogoutAll, {caller.session_id, caller.user_id, address_of(origin),
                                              origin.user_agent, origin.request_id});
  return read_standing(kLogoutAll, rows, "revoked");
}

SessionList PgSessions::list(const Caller& caller) {
  const Rows rows = database_.call(kListSessions, {caller.session_id, caller.user_id});
  if (rows.size() == 0) refuse_empty(kListSessions);
  SessionList list{read_standing(kListSessions, rows, "ok"), {}};
  if (list.standing != Standing::kLive) return list;
  for (int row = 0; row < rows.size(); ++row) list.entries.push_back(read_entry(rows, row));
  return list;
}

RevokeOutcome PgSessions::revoke(const Caller& caller, const base::Uuid& target,
                                 const Origin& origin) {
  const Rows rows = database_.call_for_one_row(
      kRevokeSession, {caller.session_id, caller.user_id, target, address_of(origin),
                       origin.user_agent, origin.request_id});
  const std::string_view outcome = rows.text(0, 0);
  if (outcome == "revoked") return RevokeOutcome::kRevoked;
  if (outcome == "not_found") return RevokeOutcome::kNotFound;
  if (outcome == "ended") return RevokeOutcome::kEnded;
  if (outcome == "inactive") return RevokeOutcome::kInactive;
  refuse_outcome(kRevokeSession, rows);
}

}  // namespace latchkey::db
