// SPDX-License-Identifier: Apache-2.0
#include "cli/admin_database.h"

#include <pwd.h>
#include <unistd.h>

#include "config/load.h"
#include "process/confinement.h"

namespace latchkey::cli {
namespace {

constexpr std::int64_t kTimeoutMs = 30'000;

db::DatabaseOptions options_of(const config::Settings& settings) {
  if (settings.admin_database_url.empty()) {
    throw config::ConfigurationError(
        {"ADMIN_DATABASE_URL: is required by this command: how to reach PostgreSQL as the role "
         "latchkey_admin, such as "
         "postgresql:///latchkey?host=/run/postgresql&user=latchkey_admin"});
  }
  return {.url = settings.admin_database_url.clone(),
          .timeout_ms = kTimeoutMs,
          .prepared = settings.database_prepared};
}

}  // namespace

AdminDatabase::AdminDatabase(const config::Settings& settings)
    : database_(options_of(settings), breaker_, clock_, meter_) {
  process::hide_memory();
}

std::string actor() {
  const uid_t uid = getuid();
  const passwd* const entry = getpwuid(uid);
  return "cli:" + (entry == nullptr ? std::to_string(uid) : std::string(entry->pw_name));
}

}  // namespace latchkey::cli
