// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <optional>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/timestamp.h"

namespace latchkey::base {
namespace {

struct LogContext {
  std::optional<LogLevel> least;
  std::string worker;
  std::string request_id;
  std::string traceparent;
};

LogContext& context() {
  static LogContext instance;
  return instance;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARNING";
    case LogLevel::kError:
      return "ERROR";
    case LogLevel::kCritical:
      break;
  }
  return "CRITICAL";
}

struct FieldWriter {
  JsonWriter& json;

  void operator()(std::int64_t value) const { json.integer(value); }
  void operator()(double value) const { json.decimal(value); }
  void operator()(bool value) const { json.boolean(value); }
  void operator()(std::string_view value) const { json.string(value); }
};

void write_context(JsonWriter& json) {
  const LogContext& now = context();
  if (!now.worker.empty()) json.key("worker").string(now.worker);
  if (!now.request_id.empty()) json.key("request_id").string(now.request_id);
  if (!now.traceparent.empty()) json.key("traceparent").string(now.traceparent);
}

}  // namespace

void configure_logging(LogLevel level, std::string_view worker) {
  context().least = level;
  context().worker = worker;
}

bool Logger::is_enabled(LogLevel level) {
  const std::optional<LogLevel> least = context().least;
  return least && level >= *least;
}

void Logger::log(LogLevel level, std::string_view message,
                 std::initializer_list<LogField> fields) const {
  if (!is_enabled(level)) return;
  std::string line;
  line.reserve(512);
  JsonWriter json(line);
  json.begin_object();
  json.key("timestamp").string(format_timestamp(SystemClock().wall_ms()));
  json.key("level").string(name_of(level));
  json.key("logger").string(name_);
  json.key("message").string(message);
  write_context(json);
  for (const LogField& field : fields) {
    json.key(field.name);
    std::visit(FieldWriter{json}, field.value);
  }
  json.end_object();
  line += '\n';
  // The newline inside the one write keeps lines of other processes whole. The result is
  // deliberately unused: see the header.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

LogScope::LogScope(std::string_view request_id, std::string_view traceparent) {
  context().request_id = request_id;
  context().traceparent = traceparent;
}

LogScope::~LogScope() {
  context().request_id.clear();
  context().traceparent.clear();
}

}  // namespace latchkey::base
