// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <unistd.h>

#include "base/clock.h"
#include "cli/admin_database.h"
#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "cli/progress.h"
#include "cli/user_commands.h"
#include "cli/user_view.h"
#include "config/load.h"
#include "db/users.h"
#include "service/import_reader.h"
#include "service/user_import.h"

namespace latchkey::cli {
namespace {

service::ImportFormat format_of(const Arguments& arguments, const std::string& path) {
  const auto given = arguments.value("format");
  if (given == "csv" || (!given && path.ends_with(".csv"))) return service::ImportFormat::kCsv;
  if (given == "jsonl" || (!given && (path.ends_with(".jsonl") || path.ends_with(".ndjson"))))
    return service::ImportFormat::kJsonLines;
  throw UsageError(
      "--format takes csv or jsonl, and is needed where the name of the file does not say it");
}

int run(const Arguments& arguments, const std::string& path, service::ImportFormat format) {
  const InputFile file(path);
  AdminDatabase admin(
      config::load(environ, arguments.value("config"), config::Required::kMayBeMissing));
  db::PgUsers users(admin.database());
  const base::SystemClock clock;
  const bool is_json = arguments.has("json");
  const bool is_dry_run = arguments.has("dry-run");

  service::LineReader lines([&file](std::span<char> buffer) { return file.read_into(buffer); });
  const auto reader = service::open_import(format, lines);
  Progress progress(stderr, clock);
  service::UserImport import(
      {.users = users,
       .clock = clock,
       .actor = actor(),
       .is_dry_run = is_dry_run,
       .refuse =
           [&](const service::ImportRefusal& refusal) {
             progress.clear();
             std::fputs((is_json ? refusal_json(refusal) : refusal_line(refusal)).c_str(), stdout);
           },
       .observe =
           [&](const service::ImportCounts& counts) {
             const std::string bar_text =
                 file.size() ? bar(lines.bytes_read(), *file.size()) + "  " : std::string();
             progress.show(bar_text + grouped(counts.taken) + " users, " + grouped(counts.refused) +
                           " refused");
           }});
  const service::ImportCounts counts = import.run(*reader);
  progress.clear();
  std::fputs(
      (is_json ? import_summary_json(counts, is_dry_run) : import_summary(counts, is_dry_run))
          .c_str(),
      stdout);
  return counts.refused == 0 ? kExitOk : kExitData;
}

}  // namespace

int import_users(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"format"}, {"dry-run", false}, {"json", false}});
  if (arguments.positional().size() != 1) throw UsageError("import needs one FILE");
  const std::string& path = arguments.positional().front();
  const service::ImportFormat format = format_of(arguments, path);
  try {
    return run(arguments, path, format);
  } catch (const service::ImportFileFault& fault) {
    std::fprintf(stderr, "latchkey: %s: %s\n", path.c_str(), fault.what());
    return kExitData;
  } catch (const base::Error& error) {
    std::fprintf(stderr,
                 "latchkey: the import stops here. What was taken before stays, of the last batch "
                 "nobody knows; run it again, and\nlines that were taken are refused as taken.\n");
    throw;
  }
}

}  // namespace latchkey::cli
