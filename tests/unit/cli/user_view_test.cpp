// SPDX-License-Identifier: Apache-2.0
#include "cli/user_view.h"

#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "cli/progress.h"
#include "doubles/fake_clock.h"
#include "doubles/records.h"

namespace latchkey::cli {
namespace {

db::UserDetail detail() {
  db::UserDetail detail{.user = doubles::user(), .password_scheme = "$2b$12"};
  detail.user.last_login_ms = std::nullopt;
  detail.live_sessions = 2;
  detail.kept_sessions = 1005;
  return detail;
}

db::SessionEntry session() {
  return {.id = doubles::uuid(),
          .created_at_ms = 1'771'497'045'123,
          .last_used_at_ms = 1'771'497'045'123,
          .expires_at_ms = 1'772'101'845'999,
          .ip = "192.0.2.1",
          .user_agent = "agent\x1b[2J\n"};
}

TEST(UserView, HasColumns) {
  EXPECT_EQ(user_heading() + user_row(doubles::user()) + user_row(detail().user),
            "      ID  USERNAME              STATE     CREATED           LAST LOGIN        EMAIL\n"
            "      42  ada                   active    2026-02-19 10:30  2026-02-19 10:30  "
            "Ada@example.com\n"
            "      42  ada                   active    2026-02-19 10:30  never             "
            "Ada@example.com\n");
  db::User user = doubles::user();
  user.id = 1'234'567'890'123;
  user.username = std::string(50, 'x');
  user.is_active = false;
  EXPECT_EQ(user_row(user),
            "1234567890123  " + std::string(50, 'x') +
                "  inactive  2026-02-19 10:30  2026-02-19 10:30  Ada@example.com\n");
}

TEST(UserView, IsAnObjectALine) {
  EXPECT_EQ(user_json(doubles::user()),
            R"({"id":42,"email":"Ada@example.com","username":"ada","is_active":true,)"
            R"("created_at":"2026-02-19T10:30:45.123Z","updated_at":"2026-02-19T10:30:46.000Z",)"
            R"("last_login":"2026-02-19T10:30:47.001Z"})"
            "\n");
  const std::string shown = detail_json(detail());
  EXPECT_NE(shown.find(R"("last_login":null,"password_scheme":"$2b$12","live_sessions":2,)"
                       R"("kept_sessions":1005})"),
            std::string::npos)
      << shown;
}

TEST(UserView, ShowsOneUser) {
  const std::string shown = detail_table(detail());
  for (const char* const part : {"Id             42\n", "Password       $2b$12\n",
                                 "Sessions       2 live, 1,003 over\n", "Last login     never\n"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << " is not in\n" << shown;
  }
}

// A User-Agent is a stranger's text, and a terminal obeys what is written to it.
TEST(UserView, ShowsSessionsWithoutControlCharacters) {
  const std::string table = session_table({session()});
  EXPECT_EQ(table.substr(table.find('\n') + 1),
            std::string(doubles::kSessionId) +
                "  2026-02-19 10:30  2026-02-19 10:30  2026-02-26 10:30  192.0.2.1        public   "
                "agent\xEF\xBF\xBD[2J\xEF\xBF\xBD\n");
  EXPECT_NE(session_json(session()).find(
                R"("user_agent":"agent\u001b[2J\n","device":"","network":"public"})"),
            std::string::npos)
      << session_json(session());
  EXPECT_TRUE(session_table({}).ends_with("NETWORK  DEVICE\n"));
}

TEST(UserView, GivesAddressesTheWidthOfTheLongest) {
  db::SessionEntry far = session();
  far.ip = "2001:db8:1111:2222:3333:4444:5555:6666";
  std::istringstream lines(session_table({session(), far}));
  std::set<std::size_t> columns;
  std::string line;
  for (const char* const word : {"NETWORK", "public", "public"}) {
    ASSERT_TRUE(std::getline(lines, line));
    columns.insert(line.find(word));
  }
  EXPECT_EQ(columns.size(), 1U);
}

TEST(UserView, ShowsEventsWithWhoItWas) {
  const db::AuditEvent failed{.at_ms = 1'771'497'045'123,
                              .event = "login_failed",
                              .detail = "wrong_password",
                              .session_id = "",
                              .ip = "192.0.2.1",
                              .user_agent = "curl/8.5.0",
                              .request_id = "request-0001",
                              .actor = ""};
  EXPECT_EQ(event_table({failed}),
            "TIME              EVENT                      ADDRESS          DEVICE OR WHO         "
            "DETAIL            REQUEST\n"
            "2026-02-19 10:30  login_failed               192.0.2.1        curl                  "
            "wrong_password    request-0001\n");
  EXPECT_EQ(event_json(failed),
            R"({"at":"2026-02-19T10:30:45.123Z","event":"login_failed","detail":"wrong_password",)"
            R"("session_id":"","ip":"192.0.2.1","user_agent":"curl/8.5.0",)"
            R"("request_id":"request-0001","actor":""})"
            "\n");
  db::AuditEvent of_admin = failed;
  of_admin.actor = "cli:root";
  EXPECT_NE(event_table({of_admin}).find("  cli:root "), std::string::npos);
  db::AuditEvent of_stranger = failed;
  of_stranger.user_agent = "\x1b[2J";
  EXPECT_EQ(event_table({of_stranger}).find('\x1b'), std::string::npos);
}

TEST(ImportView, SaysWhatBecameOfIt) {
  const service::ImportRefusal refusal{17, {"email_taken", "has an email that is taken already"}};
  EXPECT_EQ(refusal_line(refusal), "line 17: email_taken: has an email that is taken already\n");
  EXPECT_EQ(refusal_json(refusal),
            R"({"line":17,"code":"email_taken","message":"has an email that is taken already"})"
            "\n");
  EXPECT_EQ(import_summary({.taken = 1, .refused = 1}, false),
            "1 user imported, 1 line refused.\n");
  EXPECT_EQ(import_summary({.taken = 1000, .refused = 0}, true),
            "1,000 users would be imported, 0 lines refused.\n");
  EXPECT_EQ(import_summary_json({.taken = 2, .refused = 3}, true),
            R"({"imported":2,"refused":3,"dry_run":true})"
            "\n");
}

TEST(ProgressTest, BarsAndNumbers) {
  EXPECT_EQ(bar(0, 10), "[....................]   0%");
  EXPECT_EQ(bar(5, 10), "[##########..........]  50%");
  EXPECT_EQ(bar(10, 10), "[####################] 100%");
  EXPECT_EQ(bar(11, 10), "[####################] 100%");
  EXPECT_EQ(bar(0, 0), "[####################] 100%");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(grouped(-1234), "-1,234");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(ProgressTest, IsSilentWhereThereIsNoTerminal) {
  const doubles::FakeClock clock;
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  {
    Progress progress(file, clock);
    progress.show("half way");
  }
  EXPECT_EQ(std::ftell(file), 0);
  std::fclose(file);
}

}  // namespace
}  // namespace latchkey::cli
