// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "config/checks.h"
#include "config/row_groups.h"

namespace latchkey::config {
namespace {

using namespace std::chrono_literals;

constexpr std::array kRows{
    Row{
        .group = "Database",
        .name = "DATABASE_URL",
        .default_text = std::nullopt,
        .kind = SecretKind{&Settings::database_url, &check_database_url,
                           "a postgresql:// URI or libpq's key=value pairs"},
        .help =
            "How to reach PostgreSQL, as the role latchkey_app. With several hosts the one that "
            "takes writes is used (target_session_attrs=read-write), and after a failover the "
            "next that does.",
        .example = "postgresql:///latchkey?host=/run/postgresql&user=latchkey_app",
    },
    Row{
        .group = "Database",
        .name = "DATABASE_TIMEOUT",
        .default_text = "2s",
        .kind =
            DurationKind{
                .field = &Settings::database_timeout, .unit = kSecond, .min = 50ms, .max = kMinute},
        .help = "How long one database call may take, connecting included, before the request "
                "is answered with 503. The server gives a statement up at 95% of it, and the wait "
                "for a lock at 75%; with DATABASE_PREPARED=off the role's own timeouts count.",
    },
    Row{
        .group = "Database",
        .name = "DATABASE_PREPARED",
        .default_text = "on",
        .kind = SwitchKind{&Settings::database_prepared},
        .help =
            "Prepared statements, and timeouts sent with the connection. Off: behind a PgBouncer "
            "in transaction mode, which keeps neither.",
    },
    Row{
        .group = "Administration",
        .name = "ADMIN_DATABASE_URL",
        .default_text = "",
        .kind = SecretKind{.field = &Settings::admin_database_url,
                           .check = &check_database_url,
                           .allowed = "as DATABASE_URL, or nothing",
                           .may_be_empty = true},
        .help = "How latchkey purge and latchkey user reach PostgreSQL, as the role "
                "latchkey_admin: "
                "itself and not through a pooler. The workers have no use for it and should not be "
                "able to read it: keep it in a file of its own that only administrators can read.",
    },
    Row{
        .group = "Administration",
        .name = "PURGE_SESSIONS_AFTER",
        .default_text = "30d",
        .kind = DurationKind{.field = &Settings::purge_sessions_after,
                             .unit = kDay,
                             .min = kHour,
                             .max = 3660 * kDay,
                             .whole_seconds = true},
        .help = "How long after its end latchkey purge deletes a session; never before its last "
                "refresh token has expired, so that a token of a revoked session is told as "
                "revoked.",
    },
    Row{
        .group = "Administration",
        .name = "AUDIT_RETENTION",
        .default_text = "365d",
        .kind = DurationKind{.field = &Settings::audit_retention,
                             .unit = kDay,
                             .min = kDay,
                             .max = 36'600 * kDay,
                             .zero_is_off = true,
                             .whole_seconds = true},
        .help = "How old an audit event is when latchkey purge deletes it. 0: they are kept for "
                "ever.",
    },
};

}  // namespace

std::span<const Row> database_rows() { return kRows; }

}  // namespace latchkey::config
