// SPDX-License-Identifier: Apache-2.0
#include "http/access_log.h"

#include <cstdint>
#include <string_view>

#include "base/log.h"
#include "base/utf8.h"

namespace latchkey::http {
namespace {

// With these bounds a line stays below PIPE_BUF, so that one write(2) of it is atomic on a pipe
// too.
constexpr std::size_t kMaxLoggedMethodBytes = 32;
constexpr std::size_t kMaxLoggedPathBytes = 256;

base::LogLevel level_of(std::string_view route, int status) {
  const bool is_probe = route == "/health" || route == "/readiness" || route == "/metrics";
  if (is_probe && status != 500) return base::LogLevel::kDebug;
  if (status >= 500) return base::LogLevel::kError;
  if (status == 401 || status == 403) return base::LogLevel::kWarning;
  return base::LogLevel::kInfo;
}

// A '?' that was percent-encoded is part of the path to nginx, and of a query string to whoever
// wrote it.
std::string_view loggable_path(const Request& request) {
  const std::string_view path = request.path;
  return base::cut_utf8(path.substr(0, path.find('?')), kMaxLoggedPathBytes);
}

double in_ms(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

}  // namespace

void write_access_line(const Exchange& exchange, const Observation& observation) {
  static const base::Logger logger("latchkey.access");
  const Request& request = exchange.request;
  const std::string_view route = observation.route == nullptr ? "" : observation.route->path;
  const base::LogLevel level = level_of(route, observation.status);
  if (!base::Logger::is_enabled(level)) return;
  const base::Error* const error = observation.error;
  logger.log(level, "request",
             {
                 {"method", base::cut_utf8(request.method, kMaxLoggedMethodBytes)},
                 {"path", loggable_path(request)},
                 {"route", route},
                 {"status_code", std::int64_t{observation.status}},
                 {"duration_ms", in_ms(observation.duration_ns)},
                 {"db_ms", in_ms(observation.costs.database_ns)},
                 {"hash_ms", in_ms(observation.costs.hashing_ns)},
                 {"queue_ms", in_ms(observation.costs.queued_ns)},
                 {"user_id", exchange.user_id},
                 {"client_ip", std::string_view(request.client_ip)},
                 {"error_code", error == nullptr ? "" : base::row_of(error->code()).name},
                 {"cause", error == nullptr ? "" : std::string_view(error->cause())},
             });
}

}  // namespace latchkey::http
