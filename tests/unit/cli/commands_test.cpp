// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <string>

#include <gtest/gtest.h>

#include "cli/arguments.h"
#include "cli/exit_code.h"

namespace latchkey::cli {
namespace {

std::string printed_by(int (*command)(const Words&), const Words& words) {
  testing::internal::CaptureStdout();
  const int exit_code = command(words);
  std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(exit_code, kExitOk);
  return text;
}

TEST(Commands, TheVersionIsOneLine) {
  const std::string text = printed_by(show_version, {});
  EXPECT_TRUE(text.starts_with("latchkey ")) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
}

TEST(Commands, TheSettingsCanBeExplainedWithoutAny) {
  EXPECT_NE(printed_by(show_config, {"--values"}).find("\nWORKER_TIMEOUT="), std::string::npos);
  EXPECT_NE(printed_by(show_config, {"--list"}).find("DATABASE_URL"), std::string::npos);
  EXPECT_NE(printed_by(show_config, {"--env-example"}).find("DATABASE_URL="), std::string::npos);
}

// Whatever is wrong with the words is said before a setting is read or a process started.
TEST(Commands, RefuseWordsThatTheyDoNotTake) {
  EXPECT_THROW(show_version({"now"}), UsageError);
  EXPECT_THROW(show_version({"--now"}), UsageError);
  EXPECT_THROW(show_config({"DATABASE_URL"}), UsageError);
  EXPECT_THROW(serve({"now"}), UsageError);
  EXPECT_THROW(serve({"--api-workers", "0"}), UsageError);
  EXPECT_THROW(serve({"--hash-workers", "257"}), UsageError);
  EXPECT_THROW(status({"now"}), UsageError);
  EXPECT_THROW(status({"--reset-breaker", "no-such"}), UsageError);
  EXPECT_THROW(status({"--json", "--reset-breaker", "database"}), UsageError);
  EXPECT_THROW(doctor({"now"}), UsageError);
  EXPECT_THROW(doctor({"--certificate"}), UsageError);
  EXPECT_THROW(purge({"now"}), UsageError);
  EXPECT_THROW(user({}), UsageError);
  EXPECT_THROW(user({"dance"}), UsageError);
  EXPECT_THROW(user({"list", "ada"}), UsageError);
  EXPECT_THROW(user({"list", "--sort", "password"}), UsageError);
  EXPECT_THROW(user({"list", "--active", "--inactive"}), UsageError);
  EXPECT_THROW(user({"list", "--limit", "0"}), UsageError);
  EXPECT_THROW(user({"show"}), UsageError);
  EXPECT_THROW(user({"create", "--email", "a@b.co"}), UsageError);
  EXPECT_THROW(user({"create", "--email", "a@b.co", "--username", "ada", "secret"}), UsageError);
  EXPECT_THROW(user({"reset-password", "ada", "secret"}), UsageError);
  EXPECT_THROW(user({"reset-password", "ada", "--password", "secret"}), UsageError);
  EXPECT_THROW(user({"revoke", "ada"}), UsageError);
  EXPECT_THROW(user({"revoke", "ada", "--all", "--session", "x"}), UsageError);
  EXPECT_THROW(user({"import"}), UsageError);
  EXPECT_THROW(user({"import", "users.txt"}), UsageError);
  EXPECT_THROW(user({"import", "users.csv", "--format", "xml"}), UsageError);
  EXPECT_THROW(worker({}), UsageError);
  EXPECT_THROW(worker({"other"}), UsageError);
  EXPECT_THROW(worker({"api", "hash"}), UsageError);
  EXPECT_THROW(worker({"api", "--slot", "0"}), UsageError);
}

TEST(Commands, SayHowTheyAreUsed) {
  for (const auto& usage : {serve_usage(), worker_usage(), status_usage(), doctor_usage(),
                            purge_usage(), user_usage(), config_usage(), version_usage()}) {
    EXPECT_TRUE(usage.starts_with("latchkey ")) << usage;
  }
}

}  // namespace
}  // namespace latchkey::cli
