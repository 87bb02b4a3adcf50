// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "api/routes.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/shared_segment.h"
#include "cli/status_view.h"
#include "config/load.h"
#include "shm/metrics.h"

namespace latchkey::cli {
namespace {

constexpr int kWatchS = 2;
constexpr int kMaxWatchS = 3600;

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

// Where a number of seconds may follow --watch, as a word of its own.
std::optional<int> watch_s(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional();
  if (words.size() > (arguments.has("watch") ? 1U : 0U))
    throw UsageError("status takes options only");
  if (!arguments.has("watch")) return std::nullopt;
  return words.empty() ? kWatchS : whole_number("--watch", words.front(), 1, kMaxWatchS);
}

// How long ago the segment was made; 0 where the file system does not tell.
std::int64_t age_ms(const std::string& path) {
  struct statx file {};
  timespec now{};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &file) != 0) return 0;
  if ((file.stx_mask & STATX_BTIME) == 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) return 0;
  const std::int64_t ms = (now.tv_sec - file.stx_btime.tv_sec) * 1000 +
                          (now.tv_nsec - std::int64_t{file.stx_btime.tv_nsec}) / 1'000'000;
  return std::max<std::int64_t>(0, ms);
}

// Looks once, or again and again; each look says what came since the one before.
class Watcher {
 public:
  Watcher(const config::Settings& settings, const shm::Segment& segment)
      : settings_(settings), segment_(segment), routes_(api::routes()) {}

  Status look() {
    const shm::SharedLayout& layout = segment_.layout();
    const std::int64_t now_ms = clock_.monotonic_ms();
    Status status{.segment_path = settings_.runtime_dir + '/' + shm::segment_file_name(),
                  .breakers = {},
                  .workers = shm::read_scoreboard(layout, now_ms)};
    const shm::BreakerOptions options = breaker_options(settings_);
    for (const NamedBreaker& named : kBreakers) {
      const shm::Breaker breaker(segment_.layout().*named.record, options, clock_);
      status.breakers.push_back({named.name, breaker.view(), options});
    }
    const shm::MetricsView seen = shm::read_metrics(layout);
    const std::int64_t over_ms = last_ms_ ? now_ms - *last_ms_ : age_ms(status.segment_path);
    status.traffic = traffic_between(seen_, seen, over_ms, routes_);
    seen_ = seen;
    last_ms_ = now_ms;
    return status;
  }

 private:
  const config::Settings& settings_;
  const shm::Segment& segment_;
  const std::vector<http::Route> routes_;
  const base::SystemClock clock_;
  shm::MetricsView seen_{};
  std::optional<std::int64_t> last_ms_;
};

// A screen that can be written from its top; anything else gets one block after the other.
bool is_screen() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && terminal != nullptr && *terminal != '\0' &&
         std::string_view(terminal) != "dumb";
}

// Until somebody ends it (Ctrl-C), or nobody reads what it says.
[[noreturn]] void watch(Watcher& watcher, int seconds, bool as_json) {
  constexpr const char* kTopOfEmptyScreen = "\x1b[H\x1b[2J";
  const bool redraws = !as_json && is_screen();
  for (bool is_first = true;; is_first = false) {
    const Status status = watcher.look();
    std::string text = as_json ? status_json(status) : status_table(status);
    if (redraws) {
      text.insert(0, kTopOfEmptyScreen);
    } else if (!as_json && !is_first) {
      text.insert(0, "\n");
    }
    std::fputs(text.c_str(), stdout);
    if (std::fflush(stdout) != 0) std::exit(kExitOk);
    poll(nullptr, 0, seconds * 1000);
  }
}

// What is missing is rarely the memory: no worker runs, or another RUNTIME_DIR is looked at.
shm::Segment open_segment(const std::string& runtime_dir) {
  try {
    return shm::Segment::open_existing(runtime_dir);
  } catch (const base::Error& error) {
    throw base::Error(error.code())
        .because(error.cause() + "\nIs the service running, is RUNTIME_DIR (" + runtime_dir +
                 ") that of its workers, and are you root or its user?\n\"latchkey doctor\" looks "
                 "at each.");
  }
}

}  // namespace

int status(const Words& words) {
  const Arguments arguments(words,
                            {{"config"}, {"json", false}, {"reset-breaker"}, {"watch", false}});
  const std::optional<int> seconds = watch_s(arguments);
  const bool as_json = arguments.has("json");
  const std::optional<std::string> to_reset = arguments.value("reset-breaker");
  if (to_reset && (as_json || seconds))
    throw UsageError("--reset-breaker goes with neither --json nor --watch");
  const NamedBreaker* const resetting = to_reset ? &breaker_named(*to_reset) : nullptr;

  const config::Settings settings =
      config::load(environ, arguments.value("config"), config::Required::kMayBeMissing);
  const shm::Segment segment = open_segment(settings.runtime_dir);
  if (resetting != nullptr) {
    const base::SystemClock clock;
    shm::Breaker breaker(segment.layout().*resetting->record, breaker_options(settings), clock);
    reset(*resetting, breaker);
    return kExitOk;
  }
  Watcher watcher(settings, segment);
  if (seconds) watch(watcher, *seconds, as_json);
  const Status status = watcher.look();
  std::fputs((as_json ? status_json(status) : status_table(status)).c_str(), stdout);
  return kExitOk;
}

std::string status_usage() {
  return "latchkey status [--config FILE] [--json] [--watch [SECONDS] | --reset-breaker NAME]\n"
         "    Shows what all workers of this machine share: the circuit breakers and the requests\n"
         "    by pool and route, as counted since the segment was made, and what each worker is\n"
         "    doing. WAITING is how many requests waited for a worker, as a mean.\n"
         "      --config FILE         read the settings from FILE too (the environment goes "
         "first)\n"
         "      --json                for programs, one object a look; times are in milliseconds\n"
         "      --watch [SECONDS]     look again every 2 or SECONDS seconds until Ctrl-C; "
         "requests\n"
         "                            are then those since the look before\n"
         "      --reset-breaker NAME  close a breaker by hand: " +
         names_of_breakers();
}

}  // namespace latchkey::cli
