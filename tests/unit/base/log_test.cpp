// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <array>
#include <fcntl.h>
#include <functional>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/json_reader.h"

namespace latchkey::base {
namespace {

// What `action` writes to standard error.
std::string captured(const std::function<void()>& action) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_NONBLOCK), 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  action();
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  std::array<char, 8192> buffer{};
  const ssize_t got = read(ends[0], buffer.data(), buffer.size());
  close(ends[0]);
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

TEST(Log, WritesOneObjectALine) {
  configure_logging(LogLevel::kInfo, "api/3");
  const Logger logger("latchkey.test");
  const std::string line = captured([&] {
    const LogScope scope("req-12345678", "00-abc");
    logger.warning("two\nlines", {{"status_code", std::int64_t{404}},
                                  {"duration_ms", 1.5},
                                  {"ok", false},
                                  {"path", std::string_view("/a\"b")}});
  });
  ASSERT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const JsonObject object = parse_json_object(line);
  EXPECT_EQ(object.find_string("level"), "WARNING");
  EXPECT_EQ(object.find_string("logger"), "latchkey.test");
  EXPECT_EQ(object.find_string("message"), "two\nlines");
  EXPECT_EQ(object.find_string("worker"), "api/3");
  EXPECT_EQ(object.find_string("request_id"), "req-12345678");
  EXPECT_EQ(object.find_string("traceparent"), "00-abc");
  EXPECT_EQ(object.find_integer("status_code"), 404);
  EXPECT_EQ(object.find("duration_ms")->kind, JsonKind::kNumber);
  EXPECT_EQ(object.find("ok")->kind, JsonKind::kBoolean);
  EXPECT_EQ(object.find_string("path"), "/a\"b");
  EXPECT_EQ(object.find_string("timestamp")->size(), 24U);
}

TEST(Log, KeepsBelowTheLevelQuietAndForgetsTheRequest) {
  configure_logging(LogLevel::kWarning, "api/1");
  const Logger logger("latchkey.test");
  { const LogScope scope("req-12345678", ""); }
  EXPECT_EQ(captured([&] { logger.info("hidden"); }), "");
  EXPECT_EQ(captured([&] { logger.debug("hidden"); }), "");
  EXPECT_FALSE(Logger::is_enabled(LogLevel::kInfo));
  const std::string line = captured([&] { logger.error("shown"); });
  EXPECT_EQ(parse_json_object(line).find("request_id"), nullptr);
  EXPECT_EQ(parse_json_object(captured([&] { logger.critical("x"); })).find_string("level"),
            "CRITICAL");
}

TEST(Log, KnowsEveryLevel) {
  configure_logging(LogLevel::kDebug, "");
  const Logger logger("latchkey.level");
  EXPECT_EQ(parse_json_object(captured([&] { logger.debug("x"); })).find_string("level"), "DEBUG");
  EXPECT_EQ(parse_json_object(captured([&] { logger.info("x"); })).find_string("level"), "INFO");
  EXPECT_EQ(parse_json_object(captured([&] { logger.error("x"); })).find_string("level"), "ERROR");
}

}  // namespace
}  // namespace latchkey::base
