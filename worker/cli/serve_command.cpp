// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/shared_segment.h"
#include "config/environment.h"
#include "config/load.h"
#include "process/confinement.h"
#include "process/spawn.h"
#include "process/supervisor.h"

namespace latchkey::cli {
namespace {

constexpr int kDefaultWorkers = 2;
constexpr int kMaxWorkers = int{process::kMaxWorkersPerPool};
// A worker gets its own timeout to finish a request, and a little to leave.
constexpr std::int64_t kLeaveMs = 5'000;

// nginx gives a request up after WORKER_TIMEOUT. A worker that has been busy with one for longer
// hangs: the quarter on top covers the age of its last sign of life (process/notify.h).
process::Bounds bounds_by(const config::Settings& settings) {
  const std::int64_t timeout_ms = settings.worker_timeout.count();
  return {.drain_ms = timeout_ms + kLeaveMs, .silence_ms = timeout_ms + timeout_ms / 4};
}

// The bounds for the workers of a rolling restart. The program that is installed now has found the
// settings good; this one may be older and not know them all, and then the bounds stay as they
// were. Sockets and shared segment cannot move while workers use them.
process::Bounds bounds_after(const char* const* environment, const std::string& runtime_dir,
                             const std::optional<std::string>& config_file,
                             const process::Bounds& before) {
  try {
    const config::Settings settings = config::load(environment, config_file);
    if (settings.runtime_dir != runtime_dir)
      throw std::runtime_error("RUNTIME_DIR is another one now: that needs a stop and a start");
    return bounds_by(settings);
  } catch (const config::ConfigurationError&) {
    return before;
  }
}

process::PoolOptions pool(const std::string& name, int workers, const std::string& program,
                          const std::string& runtime_dir,
                          const std::optional<std::string>& config_file) {
  process::PoolOptions options{.name = name,
                               .workers = static_cast<std::size_t>(workers),
                               .socket_path = runtime_dir + '/' + name + ".sock",
                               .command = {program, "worker", name}};
  if (config_file) {
    options.command.insert(options.command.end(), {"--config", *config_file});
  }
  return options;
}

}  // namespace

int serve(const Words& words) {
  process::hide_memory();
  const Arguments arguments(words, {{"config"}, {"api-workers"}, {"hash-workers"}});
  if (!arguments.positional().empty()) throw UsageError("serve takes options only");
  const int api_workers = arguments.number("api-workers", kDefaultWorkers, 1, kMaxWorkers);
  const int hash_workers = arguments.number("hash-workers", kDefaultWorkers, 1, kMaxWorkers);
  const auto config_file = arguments.value("config");

  const config::Environment environment(environ);
  const config::Settings settings = config::load(environment.all(), config_file);
  base::configure_logging(settings.log_level, "supervisor");
  const base::Logger logger("latchkey.supervisor");
  for (const std::string& warning : settings.warnings) logger.warning(warning);

  if (settings.environment == config::Deployment::kProduction &&
      !settings.admin_database_url.empty()) {
    logger.warning(
        "ADMIN_DATABASE_URL is set where the workers can read it: keep it in a file of "
        "its own, for `latchkey purge` and `latchkey user` only");
  }

  const std::string program = process::own_program_path();
  std::vector<std::string> trial{program, "config"};
  if (config_file) trial.insert(trial.end(), {"--config", *config_file});

  const base::SystemClock clock;
  process::Supervisor supervisor(
      {
          .runtime_dir = settings.runtime_dir,
          .pools = {pool("api", api_workers, program, settings.runtime_dir, config_file),
                    pool("hash", hash_workers, program, settings.runtime_dir, config_file)},
          .bounds = bounds_by(settings),
          .environment = environment.all(),
          .trial = trial,
          .reload =
              [&environment, runtime_dir = settings.runtime_dir,
               config_file](const process::Bounds& before) {
                return bounds_after(environment.all(), runtime_dir, config_file, before);
              },
      },
      clock);
  // Made before the first worker needs it, in the directory that the supervisor has made.
  const shm::Segment segment = open_segment(settings);
  return supervisor.run();
}

std::string serve_usage() {
  return "latchkey serve [--config FILE] [--api-workers N] [--hash-workers N]\n"
         "    Runs in the foreground: starts the workers of both pools on the sockets api.sock "
         "and\n"
         "    hash.sock in RUNTIME_DIR, and replaces what dies. Logs go to standard error.\n"
         "    SIGTERM drains, SIGQUIT stops at once, SIGHUP replaces every worker by a new one of "
         "the\n"
         "    program and the settings of now, SIGTTIN and SIGTTOU add and remove one api worker.\n"
         "      --config FILE     read the settings from FILE too (the environment goes first)\n"
         "      --api-workers N   workers for what is cheap (default 2)\n"
         "      --hash-workers N  workers for logins and registrations (default 2)";
}

}  // namespace latchkey::cli
