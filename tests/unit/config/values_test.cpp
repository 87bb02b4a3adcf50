// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey::config {
namespace {

using namespace std::chrono_literals;

TEST(DurationTest, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("500ms", 1s), 500ms);
  EXPECT_EQ(parse_duration("2s", 1s), 2s);
  EXPECT_EQ(parse_duration("10m", 1s), 10min);
  EXPECT_EQ(parse_duration("1h", 1s), 1h);
  EXPECT_EQ(parse_duration("7d", 1s), 168h);
  EXPECT_EQ(parse_duration("0", 1s), 0s);
}

TEST(DurationTest, CountsABareNumberInTheGivenUnit) {
  EXPECT_EQ(parse_duration("30", 1min), 30min);
  EXPECT_EQ(parse_duration("60", 1s), 1min);
  EXPECT_EQ(parse_duration("7", 24h), 168h);
}

TEST(DurationTest, RefusesAnythingElse) {
  for (const std::string_view text :
       {"", "s", "ms", "2 s", " 2s", "2s ", "-2s", "+2s", "2.5s", "1e3", "2S", "2sec", "1m30s",
        "0x2", "99999999999999999999", "9999999999999d", "9223372036854775807", "twelve"}) {
    EXPECT_EQ(parse_duration(text, 1s), std::nullopt) << text;
  }
}

TEST(DurationTest, IsWrittenInTheLargestUnitWithoutAFraction) {
  EXPECT_EQ(format_duration(0ms), "0");
  EXPECT_EQ(format_duration(500ms), "500ms");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(60s), "1m");
  EXPECT_EQ(format_duration(168h), "7d");
}

TEST(RateTest, ReadsWhatNginxReads) {
  EXPECT_EQ(parse_rate("10r/m"), Rate{.requests_per_minute = 10});
  EXPECT_EQ(parse_rate("2r/s"), Rate{.requests_per_minute = 120});
  EXPECT_EQ(parse_rate("off"), Rate{.requests_per_minute = 0});
}

TEST(RateTest, RefusesAnythingElse) {
  for (const std::string_view text : {"", "10", "r/m", "0r/m", "-1r/m", "1.5r/s", "10r/h", "10 r/m",
                                      "10r/m ", "OFF", "on", "99999999999r/s"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  }
}

// What a row calls its default must be a value that it takes.
TEST(RowsTest, EveryDefaultIsAllowed) {
  for (const Row& row : rows()) {
    if (row.is_required()) continue;
    Settings settings;
    EXPECT_EQ(store(row, *row.default_text, settings), std::nullopt) << row.name;
  }
}

TEST(RowsTest, EveryListedRowIsDocumented) {
  for (const Row& row : rows()) {
    EXPECT_FALSE(row.group.empty()) << row.name;
    EXPECT_FALSE(allowed(row).empty()) << row.name;
    EXPECT_EQ(find_row(row.name), &row) << "the name stands twice: " << row.name;
    if (row.is_listed()) {
      EXPECT_TRUE(row.help.ends_with('.') || row.name == "JWT_SECRET_KEY") << row.name;
    }
  }
  EXPECT_EQ(find_row("NO_SUCH_SETTING"), nullptr);
}

TEST(RowsTest, GroupsStandTogether) {
  std::vector<std::string_view> groups;
  for (const Row& row : rows()) {
    if (!groups.empty() && groups.back() == row.group) continue;
    EXPECT_THAT(groups, ::testing::Not(::testing::Contains(row.group)));
    groups.push_back(row.group);
  }
}

}  // namespace
}  // namespace latchkey::config
