// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <poll.h>
#include <string>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/admin_database.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/progress.h"
#include "config/load.h"
#include "db/purges.h"
#include "service/purge.h"

namespace latchkey::cli {
namespace {

std::int64_t in_s(std::chrono::milliseconds duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// An address that nobody has used for as long as audit events are kept by default is no friend's.
constexpr std::int64_t kAddressesKeptS = std::int64_t{365} * 24 * 60 * 60;

std::string counted(std::int64_t number, const char* what, const char* plural) {
  return grouped(number) + ' ' + what + (number == 1 ? "" : plural);
}

std::string counts(const service::PurgeProgress& progress) {
  return counted(progress.sessions_deleted, "session", "s") + ", " +
         counted(progress.audit_events_deleted, "audit event", "s") + ", " +
         counted(progress.attempts_deleted, "count", "s") + " of attempts and " +
         counted(progress.addresses_deleted, "address", "es");
}

// Its lock belongs to a session of PostgreSQL. A pooler would leave it with a backend that is
// somebody else's by then, for ever.
void refuse_pooler(db::Database& database) {
  if (database.has_own_backend()) return;
  throw base::Error(base::ErrorCode::kDatabaseUnavailable)
      .because(
          "the connection goes through a pooler, where the lock of a purge would stay behind; let "
          "ADMIN_DATABASE_URL name PostgreSQL itself");
}

}  // namespace

int purge(const Words& words) {
  const Arguments arguments(words, {{"config"}});
  if (!arguments.positional().empty()) throw UsageError("purge takes options only");
  const config::Settings settings =
      config::load(environ, arguments.value("config"), config::Required::kMayBeMissing);
  AdminDatabase admin(settings);
  refuse_pooler(admin.database());
  db::PgPurges purges(admin.database());

  const base::SystemClock clock;
  Progress line(stdout, clock);
  const std::int64_t started_ms = clock.monotonic_ms();
  service::Purge purge(
      {.purges = purges,
       .clock = clock,
       .rest = [](std::int64_t milliseconds) { poll(nullptr, 0, static_cast<int>(milliseconds)); },
       .observe =
           [&line](const service::PurgeProgress& progress) {
             line.show(bar(progress.pages_swept, progress.pages) + "  " + counts(progress) +
                       " deleted");
           }});
  const service::PurgeReport report =
      purge.run({.sessions_after_s = in_s(settings.purge_sessions_after),
                 .audit_s = in_s(settings.audit_retention),
                 .attempts_s = in_s(settings.login_throttle_reset),
                 .addresses_s = kAddressesKeptS},
                actor());
  line.clear();
  if (report.outcome == service::PurgeOutcome::kBusy) {
    std::printf("Another purge is running; this one has deleted %s.\n",
                counts(report.progress).c_str());
    return kExitOk;
  }
  const std::int64_t tenths = (clock.monotonic_ms() - started_ms) / 100;
  std::printf("Deleted %s in %lld.%lld s.\n", counts(report.progress).c_str(),
              static_cast<long long>(tenths / 10), static_cast<long long>(tenths % 10));
  return kExitOk;
}

std::string purge_usage() {
  return "latchkey purge [--config FILE]\n"
         "    Deletes sessions that have been over for PURGE_SESSIONS_AFTER, audit events older "
         "than\n"
         "    AUDIT_RETENTION, attempts at passwords older than LOGIN_THROTTLE_RESET, and "
         "addresses "
         "that\n"
         "    nobody has logged in from for a year, in small batches with pauses, beside a service "
         "at "
         "work.\n"
         "    Needs ADMIN_DATABASE_URL. It may be run at any time, most simply once a day; while "
         "another\n"
         "    purge is running it says so and ends with 0.\n"
         "      --config FILE  read the settings from FILE too (the environment goes first)\n"
         "    Exit status: 0 done, or another purge is running; 64 usage; 70 the database cannot "
         "be\n"
         "    asked; 78 the settings are wrong.";
}

}  // namespace latchkey::cli
