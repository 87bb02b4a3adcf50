// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/doctor_certificate.h"
#include "cli/doctor_database.h"
#include "cli/doctor_files.h"
#include "cli/doctor_keys.h"
#include "cli/doctor_node.h"
#include "cli/doctor_settings.h"
#include "cli/doctor_view.h"
#include "cli/exit_code.h"
#include "config/load.h"
#include "db/inspection.h"
#include "shm/segment.h"

namespace latchkey::cli {
namespace {

// Something is not as it should be: not a failure of this program, so none of sysexits(3).
constexpr int kExitUnhealthy = 1;

// For DATABASE_TIMEOUT when it cannot be used itself.
constexpr std::int64_t kUsualTimeoutMs = 2000;

// What the checks look at, and with.
struct Subject {
  config::Settings settings;
  Users users;
  NodeLook node;
  const base::Clock& clock;
};

Users users_of(const std::string& runtime_dir) {
  Users users{.caller = geteuid()};
  if (const FileLook look = look_at(runtime_dir, Links::kFollow); look.error == 0)
    users.service = look.owner;
  return users;
}

Findings check_settings(const config::Examination& examination, const Users& users) {
  Findings findings = judge_settings(examination);
  // One that is not there or damaged is a fault of the setting, and then this is empty.
  const std::string& blocklist = examination.settings.password_blocklist;
  if (!blocklist.empty()) {
    std::optional<Reader> service;
    if (users.service) service = reader_of(*users.service);
    findings.push_back(judge_blocklist(steps_to(blocklist), service, users));
  }
  return findings;
}

Findings check_key(const Subject& subject, const std::optional<std::string>& config_file) {
  Findings findings = judge_keys(subject.settings, subject.clock.wall_ms());
  if (config_file) {
    findings.push_back(
        judge_config_file(*config_file, look_at(*config_file, Links::kFollow), subject.users));
  }
  return findings;
}

Finding check_socket(const Subject& subject, std::string_view name) {
  const std::string path = subject.settings.runtime_dir + '/' + std::string(name);
  const FileLook look = look_at(path, Links::kDoNotFollow);
  return judge_socket(name, path, look, look.error == 0 ? knock(path) : 0, subject.users);
}

Findings check_runtime_dir(const Subject& subject) {
  const std::string& path = subject.settings.runtime_dir;
  if (path.empty()) {
    return {could_not_ask("directory", "RUNTIME_DIR cannot be used.", "Correct it; see \"load\".")};
  }
  const FileLook look = look_at(path, Links::kFollow);
  Findings findings{judge_runtime_dir(path, look, subject.users)};
  if (look.error != 0) return findings;
  for (const std::string_view name : {"api.sock", "hash.sock"})
    findings.push_back(check_socket(subject, name));
  findings.push_back(judge_segment(path + '/' + shm::segment_file_name(), subject.node));
  findings.push_back(judge_breaker(subject.node));
  return findings;
}

Findings check_database(const Subject& subject) {
  const config::Settings& settings = subject.settings;
  if (settings.database_url.empty()) {
    return {could_not_ask("host", "There is no DATABASE_URL that can be used.",
                          "Correct it; see \"load\".")};
  }
  const std::int64_t timeout_ms = settings.database_timeout.count();
  DatabaseUse use{.workers = std::nullopt, .is_pooled = !settings.database_prepared};
  if (subject.node.is_there()) use.workers = static_cast<std::int64_t>(subject.node.workers.size());
  return judge_database(
      db::inspect_servers({.url = settings.database_url.clone(),
                           .timeout_ms = timeout_ms > 0 ? timeout_ms : kUsualTimeoutMs,
                           .is_pooled = use.is_pooled},
                          subject.clock),
      use);
}

Findings check_certificates(const Subject& subject, const std::vector<std::string>& paths) {
  Findings findings;
  for (const std::string& path : paths)
    findings.push_back(judge_certificate(path, read_file(path), subject.clock.wall_ms() / 1000));
  return findings;
}

// https://no-color.org
bool wants_colour() { return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace

int doctor(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"certificate", true, true}, {"json", false}});
  if (!arguments.positional().empty()) throw UsageError("doctor takes options only");
  const std::optional<std::string> config_file = arguments.value("config");

  const base::SystemClock clock;
  config::Examination examination = config::examine(environ, config_file);
  Users users = users_of(examination.settings.runtime_dir);
  Report report{{"settings", check_settings(examination, users)}};
  NodeLook node = look_at_node(examination.settings, clock);
  const Subject subject{std::move(examination.settings), users, std::move(node), clock};

  report.push_back({"key", check_key(subject, config_file)});
  report.push_back({"runtime", check_runtime_dir(subject)});
  report.push_back(
      {"workers", judge_workers(subject.node, subject.settings.worker_idle_exit.count() > 0)});
  report.push_back({"database", check_database(subject)});
  report.push_back({"certificates", check_certificates(subject, arguments.values("certificate"))});

  std::fputs(
      (arguments.has("json") ? doctor_json(report) : doctor_text(report, wants_colour())).c_str(),
      stdout);
  return is_healthy(report) ? kExitOk : kExitUnhealthy;
}

std::string doctor_usage() {
  return "latchkey doctor [--config FILE] [--certificate FILE]... [--json]\n"
         "    Looks at everything the service needs and says what to do about what is wrong: the\n"
         "    settings, the key, the runtime directory, the workers, the database with its schema\n"
         "    and privileges. Changes nothing; run it as root or as the user of the service. Exit\n"
         "    status 0: nothing failed, warnings allowed; 1: something did, or could not be "
         "asked.\n"
         "      --config FILE       read the settings from FILE too (the environment goes first)\n"
         "      --certificate FILE  look at this certificate too; may be given several times\n"
         "      --json              for programs";
}

}  // namespace latchkey::cli
