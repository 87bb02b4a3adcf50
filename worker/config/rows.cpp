// SPDX-License-Identifier: Apache-2.0
#include "config/rows.h"

#include <algorithm>
#include <array>

#include "config/checks.h"
#include "crypto/bcrypt.h"

namespace latchkey::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kSecond = 1s;
constexpr milliseconds kMinute = 1min;
constexpr milliseconds kHour = 1h;
constexpr milliseconds kDay = 24h;

// The values of an enum in the order of its names.
template <auto Field, auto... Values>
void store_enum(Settings& settings, std::size_t index) {
  constexpr std::array kValues{Values...};
  settings.*Field = kValues.at(index);
}

template <typename Registry>
std::vector<std::string_view> names_of(const Registry& registry) {
  std::vector<std::string_view> names;
  for (const auto& row : registry) names.push_back(row.name);
  return names;
}

constexpr ChoiceKind kJwsAlgorithmChoice{
    .names = [] { return names_of(crypto::jws_algorithms()); },
    .store = [](Settings& s, std::size_t i) { s.jwt_algorithm = &crypto::jws_algorithms()[i]; },
};

constexpr ChoiceKind kPasswordHashChoice{
    .names = [] { return names_of(crypto::password_schemes()); },
    .store = [](Settings& s, std::size_t i) { s.password_hash = &crypto::password_schemes()[i]; },
};

constexpr ChoiceKind kPasswordPolicyChoice{
    .names =
        [] {
          return std::vector<std::string_view>{"length", "composition"};
        },
    .store = &store_enum<&Settings::password_policy, PasswordPolicy::kLength,
                         PasswordPolicy::kComposition>,
};

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
    Row{
        .group = "Tokens",
        .name = "JWT_SECRET_KEY",
        .default_text = std::nullopt,
        .kind = SecretKind{&Settings::jwt_secret_key, &check_secret_key,
                           "at least 32 bytes that nobody can guess"},
        .help = "Signs the tokens; whoever knows it can make tokens for any user. Make one with: "
                "openssl rand -base64 48",
        .example = "",
    },
    Row{
        .group = "Tokens",
        .name = "JWT_ALGORITHM",
        .default_text = "HS256",
        .kind = kJwsAlgorithmChoice,
        .help = "The signature algorithm of new tokens.",
    },
    Row{
        .group = "Tokens",
        .name = "JWT_KEYS_DIR",
        .default_text = "",
        .kind = ReservedKind{},
        .help = {},
    },
    Row{
        .group = "Tokens",
        .name = "JWT_ISSUER",
        .default_text = "latchkey",
        .kind = TextKind{&Settings::jwt_issuer, &check_issuer,
                         "1 to 255 bytes of UTF-8 without control characters"},
        .help = "The claim iss of every token. A token with another one is refused.",
    },
    Row{
        .group = "Tokens",
        .name = "ACCESS_TOKEN_EXPIRE_MINUTES",
        .default_text = "30",
        .kind = DurationKind{.field = &Settings::access_token_lifetime,
                             .unit = kMinute,
                             .min = kSecond,
                             .max = kDay,
                             .whole_seconds = true},
        .help = "How long an access token is good. /auth/verify believes it that long without "
                "asking the database.",
    },
    Row{
        .group = "Tokens",
        .name = "REFRESH_TOKEN_EXPIRE_DAYS",
        .default_text = "7",
        .kind = DurationKind{.field = &Settings::refresh_token_lifetime,
                             .unit = kDay,
                             .min = kSecond,
                             .max = 366 * kDay,
                             .whole_seconds = true},
        .help = "How long a session lives without a refresh. Each refresh starts it anew.",
    },
    Row{
        .group = "Tokens",
        .name = "REFRESH_REUSE_LEEWAY",
        .default_text = "10s",
        .kind = DurationKind{.field = &Settings::refresh_reuse_leeway,
                             .unit = kSecond,
                             .min = 1ms,
                             .max = 5 * kMinute,
                             .zero_is_off = true},
        .help = "For how long after a refresh the token just used may come again (two tabs, a "
                "lost answer) without being taken for theft.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_HASH",
        .default_text = "bcrypt",
        .kind = kPasswordHashChoice,
        .help = "The scheme of new hashes. Hashes of another one are renewed at login.",
    },
    Row{
        .group = "Passwords",
        .name = "BCRYPT_ROUNDS",
        .default_text = "12",
        .kind = IntegerKind{&Settings::bcrypt_rounds, crypto::bcrypt::kMinCost,
                            crypto::bcrypt::kMaxCost},
        .help = "bcrypt's cost: one more doubles the time of a login. Hashes of another cost are "
                "renewed at login.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_POLICY",
        .default_text = "length",
        .kind = kPasswordPolicyChoice,
        .help = "What a new password must have: length asks for PASSWORD_MIN_LENGTH alone, "
                "composition also for an upper-case letter, a lower-case letter and a digit.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_MIN_LENGTH",
        .default_text = "8",
        .kind = IntegerKind{&Settings::password_min_length, 1, 128},
        .help = "The least number of characters of a new password. bcrypt takes at most 72 bytes.",
    },
    Row{
        .group = "Passwords",
        .name = "PASSWORD_BLOCKLIST",
        .default_text = "",
        .kind = ReservedKind{},
        .help = {},
    },
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
    Row{
        .group = "nginx",
        .name = "RATE_LIMIT_LOGIN",
        .default_text = "10r/m",
        .kind = RateKind{&Settings::rate_limit_login},
        .help = "Logins of one client address before it gets 429.",
    },
    Row{
        .group = "nginx",
        .name = "RATE_LIMIT_REGISTER",
        .default_text = "10r/m",
        .kind = RateKind{&Settings::rate_limit_register},
        .help = "Registrations of one client address before it gets 429.",
    },
    Row{
        .group = "nginx",
        .name = "HASH_QUEUE_LOGIN",
        .default_text = "16",
        .kind = IntegerKind{&Settings::hash_queue_login, 1, 10'000},
        .help = "Logins, and as many password changes, that may wait or run at once; the next gets "
                "503. "
                "One client address gets three quarters at the most.",
    },
    Row{
        .group = "nginx",
        .name = "HASH_QUEUE_REGISTER",
        .default_text = "80",
        .kind = IntegerKind{&Settings::hash_queue_register, 1, 10'000},
        .help = "Registrations that may wait or run at once; the next gets 503. One client address "
                "gets "
                "three quarters at the most.",
    },
    Row{
        .group = "nginx",
        .name = "METRICS_NETWORKS",
        .default_text = "",
        .kind = TextKind{&Settings::metrics_networks, &check_networks,
                         "addresses and networks such as 192.0.2.0/24, with commas between them"},
        .help = "Who may read /metrics beside this machine itself; for everybody else there is "
                "nothing at that path.",
    },
};

}  // namespace

std::span<const Row> rows() { return kRows; }

const Row* find_row(std::string_view name) {
  const auto* row = std::ranges::find(kRows, name, &Row::name);
  return row == kRows.end() ? nullptr : row;
}

}  // namespace latchkey::config
