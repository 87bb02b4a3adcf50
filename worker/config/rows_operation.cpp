// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "config/checks.h"
#include "config/row_groups.h"

namespace latchkey::config {
namespace {

using namespace std::chrono_literals;

constexpr ChoiceKind kLogLevelChoice{
    .names =
        [] {
          return std::vector<std::string_view>{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
        },
    .store =
        &store_enum<&Settings::log_level, base::LogLevel::kDebug, base::LogLevel::kInfo,
                    base::LogLevel::kWarning, base::LogLevel::kError, base::LogLevel::kCritical>,
};

constexpr ChoiceKind kEnvironmentChoice{
    .names =
        [] {
          return std::vector<std::string_view>{"production", "development"};
        },
    .store = &store_enum<&Settings::environment, Deployment::kProduction, Deployment::kDevelopment>,
};

constexpr std::array kRows{
    Row{
        .group = "HTTP",
        .name = "CORS_ORIGINS",
        .default_text = "",
        .kind = OriginsKind{&Settings::cors_origins},
        .help = "Origins whose pages may call the API from a browser, with credentials. Empty: "
                "none.",
    },
    Row{
        .group = "Operation",
        .name = "ENVIRONMENT",
        .default_text = "production",
        .kind = kEnvironmentChoice,
        .help = "In production, settings that suit only tests are warned about.",
    },
    Row{
        .group = "Operation",
        .name = "LOG_LEVEL",
        .default_text = "INFO",
        .kind = kLogLevelChoice,
        .help = "The least level that is logged.",
    },
    Row{
        .group = "Operation",
        .name = "RUNTIME_DIR",
        .default_text = "/run/latchkey",
        .kind = TextKind{&Settings::runtime_dir, &check_runtime_dir,
                         "an absolute path of at most 90 bytes"},
        .help = "Where the sockets and the shared segment are. It should be on a tmpfs and closed "
                "to everybody but the service and nginx.",
    },
    Row{
        .group = "Circuit breaker",
        .name = "CIRCUIT_BREAKER_THRESHOLD",
        .default_text = "5",
        .kind = IntegerKind{&Settings::circuit_breaker_threshold, 1, 1000},
        .help = "How many database failures in a row, of all workers together, open the breaker.",
    },
    Row{
        .group = "Circuit breaker",
        .name = "CIRCUIT_BREAKER_TIMEOUT",
        .default_text = "60s",
        .kind = DurationKind{.field = &Settings::circuit_breaker_timeout,
                             .unit = kSecond,
                             .min = 100ms,
                             .max = kHour},
        .help = "How long an open breaker answers 503 at once before it lets a probe through.",
    },
    Row{
        .group = "Circuit breaker",
        .name = "CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS",
        .default_text = "1",
        .kind = IntegerKind{&Settings::circuit_breaker_half_open_max_calls, 1, 100},
        .help = "How many probes may be under way at once, of all workers together.",
    },
    Row{
        .group = "Workers",
        .name = "WORKER_TIMEOUT",
        .default_text = "30s",
        .kind =
            DurationKind{
                .field = &Settings::worker_timeout, .unit = kSecond, .min = kSecond, .max = kHour},
        .help = "How long nginx waits for a worker before it answers 504, and how long (and 5s) a "
                "worker that is told to leave may take. One that stays busy with a request for a "
                "quarter longer is killed and replaced. Longer than DATABASE_TIMEOUT.",
    },
    Row{
        .group = "Workers",
        .name = "WORKER_MAX_REQUESTS",
        .default_text = "100000",
        .kind = IntegerKind{&Settings::worker_max_requests, 0, 1'000'000'000},
        .help = "After how many requests a worker makes room for a fresh one. 0: never.",
    },
    Row{
        .group = "Workers",
        .name = "WORKER_MEMORY_MAX",
        .default_text = "256",
        .kind = IntegerKind{&Settings::worker_memory_max_mib, 32, 65'536},
        .help = "How many MiB of data a worker may hold. A request that needs more gets 500, and "
                "the worker makes room for a fresh one.",
    },
    Row{
        .group = "Workers",
        .name = "WORKER_IDLE_EXIT",
        .default_text = "0",
        .kind = DurationKind{.field = &Settings::worker_idle_exit,
                             .unit = kSecond,
                             .min = kSecond,
                             .max = kDay,
                             .zero_is_off = true},
        .help = "After how long without a request a worker leaves, for socket activation. 0: "
                "never.",
    },
};

}  // namespace

std::span<const Row> operation_rows() { return kRows; }

}  // namespace latchkey::config
