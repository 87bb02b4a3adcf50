// SPDX-License-Identifier: Apache-2.0
#include "cli/compose.h"

#include <chrono>
#include <cstdint>
#include <optional>

#include "api/bearer_guard.h"
#include "api/endpoints.h"
#include "api/metrics_text.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/cost_meter.h"
#include "base/random.h"
#include "cli/password_parts.h"
#include "cli/shared_segment.h"
#include "cli/version.h"
#include "config/key_check.h"
#include "crypto/followed_keys.h"
#include "crypto/metered_hasher.h"
#include "db/accounts.h"
#include "db/database.h"
#include "db/health.h"
#include "db/logins.h"
#include "db/revoked_sessions.h"
#include "db/sessions.h"
#include "http/pipeline.h"
#include "service/account_service.h"
#include "service/authentication.h"
#include "service/revocation_watch.h"
#include "service/session_service.h"
#include "shm/breaker.h"
#include "shm/breaker_log.h"
#include "shm/doubts.h"
#include "shm/revocations.h"
#include "shm/scoreboard.h"

namespace latchkey::cli {
namespace {

using std::chrono::duration_cast;

// How much later than the end of its session a token may be dated, by the clock of another node.
constexpr std::int64_t kClockSkewMs = 60'000;

std::int64_t in_ms(std::chrono::milliseconds duration) { return duration.count(); }

std::int32_t in_s(std::chrono::milliseconds duration) {
  return static_cast<std::int32_t>(duration_cast<std::chrono::seconds>(duration).count());
}

void count(shm::Metrics& metrics, const http::Observation& seen) {
  metrics.count({.route = seen.route == nullptr ? api::kOtherSeries : seen.route->series,
                 .status = seen.status,
                 .duration_ns = seen.duration_ns,
                 .costs = seen.costs});
  if (seen.error != nullptr) metrics.count(seen.error->code());
}

std::optional<db::Throttle> throttle_of(const config::Settings& settings) {
  if (settings.login_throttle_free == 0) return std::nullopt;
  return db::Throttle{.free_attempts = settings.login_throttle_free,
                      .max_delay_s = in_s(settings.login_throttle_max_delay),
                      .reset_s = in_s(settings.login_throttle_reset)};
}

}  // namespace

struct Service::Parts {
  Parts(const config::Settings& settings, shm::SharedLayout& shared, shm::Metrics& metrics,
        std::size_t pool);

  base::SystemClock clock;
  base::SystemRandom random;
  base::CostMeter meter;

  shm::Breaker breaker;
  db::Database database;
  db::PgLogins logins;
  shm::Doubts doubts;
  db::PgSessions sessions;
  db::PgAccounts accounts;
  db::PgHealth health;
  db::PgRevokedSessions revoked_sessions;

  crypto::FollowedKeys keys;
  PasswordParts passwords;
  crypto::MeteredHasher hasher;

  service::Tokens tokens;
  shm::Revocations revoked;
  service::RevocationWatch revocations;
  service::Authentication authentication;
  service::SessionService session_service;
  service::AccountService account_service;

  api::Endpoints endpoints;
  http::Pipeline pipeline;
};

Service::Parts::Parts(const config::Settings& settings, shm::SharedLayout& shared,
                      shm::Metrics& metrics, std::size_t pool)
    : meter(clock),
      breaker(shared.database_breaker, breaker_options(settings), clock,
              shm::log_changes("database")),
      database({.url = settings.database_url.clone(),
                .timeout_ms = in_ms(settings.database_timeout),
                .prepared = settings.database_prepared,
                // The queue of the hash pool is long because hashing is.
                .counts_queue = pool == shm::pool_named("api")},
               breaker, clock, meter),
      logins(database, throttle_of(settings)),
      doubts(shared, clock),
      sessions(database, doubts),
      accounts(database, throttle_of(settings)),
      health(database),
      revoked_sessions(database),
      keys(config::key_source_of(settings), clock),
      passwords(settings, random),
      hasher(passwords.hasher(), meter),
      tokens(keys,
             {.issuer = settings.jwt_issuer, .access_ttl_s = in_s(settings.access_token_lifetime)},
             clock, random),
      revoked(shared, clock, in_ms(settings.access_token_lifetime) + kClockSkewMs),
      revocations({.set = revoked,
                   .database = revoked_sessions,
                   .breaker = breaker,
                   .clock = clock,
                   .database_timeout_ms = in_ms(settings.database_timeout)}),
      authentication({.logins = logins,
                      .hasher = hasher,
                      .policy = passwords.policy(),
                      .random = random,
                      .clock = clock,
                      .events = metrics,
                      .session_ttl_s = in_s(settings.refresh_token_lifetime)}),
      session_service(
          sessions, tokens, revocations, metrics,
          {.ttl_s = in_s(settings.refresh_token_lifetime),
           .reuse_leeway_ms = static_cast<std::int32_t>(in_ms(settings.refresh_reuse_leeway))}),
      account_service(accounts, hasher, passwords.policy(), revocations, metrics),
      endpoints{authentication, session_service, account_service, tokens,  keys,    revocations,
                health,         clock,           shared,          breaker, kVersion},
      pipeline({.router = http::Router(api::routes()),
                .cors = http::Cors(settings.cors_origins),
                .bearer_guard =
                    [this](http::Exchange& exchange) { api::require_bearer(tokens, exchange); },
                .handler_context = &endpoints,
                .observe = [&metrics](const http::Observation& seen) { count(metrics, seen); }},
               clock, random, meter) {}

Service::Service(const config::Settings& settings, shm::SharedLayout& shared, shm::Metrics& metrics,
                 std::size_t pool)
    : parts_(std::make_unique<Parts>(settings, shared, metrics, pool)) {}

Service::~Service() = default;

http::Response Service::answer(http::Request& request) { return parts_->pipeline.answer(request); }

void Service::after_answer() { parts_->revocations.after_answer(); }

}  // namespace latchkey::cli
