// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "config/load.h"
#include "process/spawn.h"
#include "process/supervisor.h"

namespace latchkey::cli {
namespace {

constexpr int kDefaultWorkers = 2;
constexpr int kMaxWorkers = int{process::kMaxWorkersPerPool};
// A worker gets its own timeout to finish a request, and a little to leave.
constexpr std::int64_t kLeaveMs = 5'000;

process::PoolOptions pool(const std::string& name, int workers, const std::string& runtime_dir,
                          const std::optional<std::string>& config_file) {
  process::PoolOptions options{.name = name,
                               .workers = static_cast<std::size_t>(workers),
                               .socket_path = runtime_dir + '/' + name + ".sock",
                               .command = {process::own_program_path(), "worker", name}};
  if (config_file) {
    options.command.insert(options.command.end(), {"--config", *config_file});
  }
  return options;
}

}  // namespace

int serve(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"api-workers"}, {"hash-workers"}});
  if (!arguments.positional().empty()) throw UsageError("serve takes options only");
  const int api_workers = arguments.number("api-workers", kDefaultWorkers, 1, kMaxWorkers);
  const int hash_workers = arguments.number("hash-workers", kDefaultWorkers, 1, kMaxWorkers);
  const auto config_file = arguments.value("config");

  const config::Settings settings = config::load(environ, config_file);
  base::configure_logging(settings.log_level, "supervisor");
  const base::Logger logger("latchkey.supervisor");
  for (const std::string& warning : settings.warnings) logger.warning(warning);

  const base::SystemClock clock;
  process::Supervisor supervisor(
      {
          .runtime_dir = settings.runtime_dir,
          .pools = {pool("api", api_workers, settings.runtime_dir, config_file),
                    pool("hash", hash_workers, settings.runtime_dir, config_file)},
          .drain_bound_ms = settings.worker_timeout.count() + kLeaveMs,
          .refuse_roll = [config_file]() -> std::optional<std::string> {
            try {
              static_cast<void>(config::load(environ, config_file));
              return std::nullopt;
            } catch (const config::ConfigurationError& error) {
              return error.what();
            }
          },
      },
      clock);
  return supervisor.run();
}

std::string serve_usage() {
  return "latchkey serve [--config FILE] [--api-workers N] [--hash-workers N]\n"
         "    Runs in the foreground: starts the workers of both pools on the sockets api.sock "
         "and\n"
         "    hash.sock in RUNTIME_DIR, and replaces what dies. Logs go to standard error.\n"
         "    SIGTERM drains, SIGQUIT stops at once, SIGHUP replaces every worker by a new one,\n"
         "    SIGTTIN and SIGTTOU add and remove one api worker.\n"
         "      --config FILE     read the settings from FILE too (the environment goes first)\n"
         "      --api-workers N   workers for what is cheap (default 2)\n"
         "      --hash-workers N  workers for logins and registrations (default 2)";
}

}  // namespace latchkey::cli
