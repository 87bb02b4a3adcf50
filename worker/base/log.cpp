// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/timestamp.h"

namespace latchkey::base {
namespace {

// A line ends with its newline inside the one write: lines of other processes stay whole.
class StandardErrorChannel final : public Poco::Channel {
 public:
  void log(const Poco::Message& message) override {
    const std::string& line = message.getText();
    // The result is deliberately unused: see the header.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  }
};

struct LogContext {
  std::string worker;
  std::string request_id;
  std::string traceparent;
};

LogContext& context() {
  static LogContext instance;
  return instance;
}

Poco::Message::Priority priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return Poco::Message::PRIO_DEBUG;
    case LogLevel::kInfo:
      return Poco::Message::PRIO_INFORMATION;
    case LogLevel::kWarning:
      return Poco::Message::PRIO_WARNING;
    case LogLevel::kError:
      return Poco::Message::PRIO_ERROR;
    case LogLevel::kCritical:
      break;
  }
  return Poco::Message::PRIO_CRITICAL;
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
  const Poco::AutoPtr<Poco::Channel> channel(new StandardErrorChannel);
  Poco::Logger::root().setChannel(channel);
  Poco::Logger::setChannel("", channel);
  Poco::Logger::setLevel("", priority_of(level));
  context().worker = worker;
}

Logger::Logger(std::string_view name) : logger_(&Poco::Logger::get(std::string(name))) {}

bool Logger::is_enabled(LogLevel level) const { return logger_->is(priority_of(level)); }

void Logger::log(LogLevel level, std::string_view message,
                 std::initializer_list<LogField> fields) const {
  if (!is_enabled(level)) return;
  std::string line;
  line.reserve(512);
  JsonWriter json(line);
  json.begin_object();
  json.key("timestamp").string(format_timestamp(SystemClock().wall_ms()));
  json.key("level").string(name_of(level));
  json.key("logger").string(logger_->name());
  json.key("message").string(message);
  write_context(json);
  for (const LogField& field : fields) {
    json.key(field.name);
    std::visit(FieldWriter{json}, field.value);
  }
  json.end_object();
  line += '\n';
  logger_->log(Poco::Message(logger_->name(), line, priority_of(level)));
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
