// SPDX-License-Identifier: Apache-2.0
#include "http/access_log.h"

#include "base/log.h"
#include "base/utf8.h"

namespace latchkey::http {
namespace {

// With these bounds a line stays below PIPE_BUF, so that one write(2) of it is atomic on a pipe
// too.
constexpr std::size_t kMaxLoggedMethodBytes = 32;
constexpr std::size_t kMaxLoggedPathBytes = 256;

base::LogLevel level_of(const AccessLine& line) {
  const bool is_probe = line.route == "/health" || line.route == "/readiness";
  if (is_probe && line.status != 500) return base::LogLevel::kDebug;
  if (line.status >= 500) return base::LogLevel::kError;
  if (line.status == 401 || line.status == 403) return base::LogLevel::kWarning;
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

void write_access_line(const AccessLine& line) {
  static const base::Logger logger("latchkey.access");
  const base::LogLevel level = level_of(line);
  if (!logger.is_enabled(level)) return;
  const bool failed = line.error != nullptr;
  logger.log(level, "request",
             {
                 {"method", base::cut_utf8(line.request.method, kMaxLoggedMethodBytes)},
                 {"path", loggable_path(line.request)},
                 {"route", line.route},
                 {"status_code", std::int64_t{line.status}},
                 {"duration_ms", in_ms(line.duration_ns)},
                 {"db_ms", in_ms(line.costs.database_ns)},
                 {"hash_ms", in_ms(line.costs.hashing_ns)},
                 {"user_id", line.user_id},
                 {"client_ip", std::string_view(line.request.client_ip)},
                 {"error_code", failed ? base::row_of(line.error->code()).name : ""},
                 {"cause", failed ? std::string_view(line.error->cause()) : ""},
             });
}

}  // namespace latchkey::http
