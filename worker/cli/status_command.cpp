// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <unistd.h>

#include "base/clock.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/shared_segment.h"
#include "cli/status_view.h"
#include "config/load.h"

namespace latchkey::cli {
namespace {

std::string names_of_breakers() {
  std::string names;
  for (const NamedBreaker& breaker : kBreakers) {
    names += (names.empty() ? "" : ", ") + std::string(breaker.name);
  }
  return names;
}

const NamedBreaker& breaker_named(const std::string& name) {
  const auto* const found = std::ranges::find(kBreakers, name, &NamedBreaker::name);
  if (found == kBreakers.end())
    throw UsageError("there is no breaker " + name + "; there is " + names_of_breakers());
  return *found;
}

void reset(const NamedBreaker& named, shm::Breaker& breaker) {
  const shm::BreakerState before = breaker.state();
  breaker.reset();
  std::printf("Breaker %s was %s and is closed.\n", std::string(named.name).c_str(),
              std::string(shm::name_of(before)).c_str());
}

}  // namespace

int status(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"json", false}, {"reset-breaker"}});
  if (!arguments.positional().empty()) throw UsageError("status takes options only");
  const std::optional<std::string> to_reset = arguments.value("reset-breaker");
  if (to_reset && arguments.has("json"))
    throw UsageError("--json and --reset-breaker: one of both");
  const NamedBreaker* const resetting = to_reset ? &breaker_named(*to_reset) : nullptr;

  const config::Settings settings =
      config::load(environ, arguments.value("config"), config::Required::kMayBeMissing);
  const shm::Segment segment = shm::Segment::open_existing(settings.runtime_dir);
  const base::SystemClock clock;
  const shm::BreakerOptions options = breaker_options(settings);

  if (resetting != nullptr) {
    shm::Breaker breaker(segment.layout().*resetting->record, options, clock);
    reset(*resetting, breaker);
    return kExitOk;
  }
  Status status{.segment_path = settings.runtime_dir + '/' + shm::segment_file_name(),
                .breakers = {},
                .workers = shm::read_scoreboard(segment.layout(), clock.monotonic_ms())};
  for (const NamedBreaker& named : kBreakers) {
    const shm::Breaker breaker(segment.layout().*named.record, options, clock);
    status.breakers.push_back({named.name, breaker.view(), options});
  }
  std::fputs((arguments.has("json") ? status_json(status) : status_table(status)).c_str(), stdout);
  return kExitOk;
}

std::string status_usage() {
  return "latchkey status [--config FILE] [--json | --reset-breaker NAME]\n"
         "    Shows what all workers of this machine share: the circuit breakers with what they\n"
         "    have counted since the segment was made, and what each worker is doing.\n"
         "      --config FILE         read the settings from FILE too (the environment goes "
         "first)\n"
         "      --json                for programs; times are in milliseconds\n"
         "      --reset-breaker NAME  close a breaker by hand: " +
         names_of_breakers();
}

}  // namespace latchkey::cli
