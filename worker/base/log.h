// SPDX-License-Identifier: Apache-2.0
#pragma once

// The log: one JSON object a line on standard error, each with one write(2), so that lines of
// several processes on one descriptor never mix.
//
// Members: timestamp, level, logger, message, worker; while a request is in hand its request_id
// and traceparent; then the fields of the call. The level and the context are
// the process's own: a worker has one request at a time and no threads.
//
// Never log a body, a query string, a token, a password or a hash, at any level.
//
// Runs in every process. A log that cannot be written is lost silently: there is no better place
// to complain, and a full disk must not stop a login.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::base {

// The more severe, the greater.
enum class LogLevel { kDebug, kInfo, kWarning, kError, kCritical };

struct LogField {
  std::string_view name;
  std::variant<std::int64_t, double, bool, std::string_view> value;
};

// Once, at the start of a process: the level, and the name of the process in the member `worker`
// ("api/3", "supervisor"). Nothing is logged before: a command talks to people.
void configure_logging(LogLevel level, std::string_view worker);

// A named source of lines: one per room or topic ("latchkey.db"). The name outlives it.
class Logger {
 public:
  explicit constexpr Logger(std::string_view name) : name_(name) {}

  [[nodiscard]] static bool is_enabled(LogLevel level);
  void log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields = {}) const;

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kDebug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kInfo, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kWarning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kError, message, fields);
  }
  void critical(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kCritical, message, fields);
  }

 private:
  std::string_view name_;
};

// While it lives, every line carries the request's identifiers.
class LogScope {
 public:
  LogScope(std::string_view request_id, std::string_view traceparent);
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
  ~LogScope();
};

}  // namespace latchkey::base
