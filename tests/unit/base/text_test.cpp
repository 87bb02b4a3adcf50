// SPDX-License-Identifier: Apache-2.0
//
// The small forms of text: UTF-8, timestamps, UUIDs, secrets, errors.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "base/uuid.h"

namespace latchkey::base {
namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

TEST(Utf8, HoldsKuhnsStressTest) {
  std::ifstream file(LATCHKEY_VECTORS "/utf8/kuhn_rfc3629.json");
  const nlohmann::json rows = nlohmann::json::parse(file).at("vectors");
  ASSERT_GT(rows.size(), 50U);
  for (const nlohmann::json& row : rows) {
    EXPECT_EQ(is_valid_utf8(from_hex(row.at("hex").get<std::string>())),
              row.at("valid_utf8").get<bool>())
        << row.at("id");
  }
}

TEST(Utf8, CountsCodePointsAndCutsBetweenThem) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80";
  EXPECT_EQ(count_code_points(text), 3U);
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(cut_utf8(text, 7), text);
  EXPECT_EQ(cut_utf8(text, 6), "a\xC3\xA9");
  EXPECT_EQ(cut_utf8(text, 2), "a");
  EXPECT_EQ(cut_utf8(text, 0), "");
}

TEST(Utf8, MakesTheTextOfAStrangerPresentable) {
  EXPECT_EQ(make_presentable("curl/7.88", 64), "curl/7.88");
  EXPECT_EQ(make_presentable("a\xFF\nb", 64),
            "a\xEF\xBF\xBD\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(make_presentable("a\xC3\xA9", 2), "a");
  EXPECT_EQ(make_presentable("a\xC3\xA9", 3), "a\xC3\xA9");
}

TEST(Timestamp, IsRfc3339WithMilliseconds) {
  EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_timestamp(1771497045123), "2026-02-19T10:30:45.123Z");
  EXPECT_EQ(format_timestamp(951782399999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(format_timestamp(951782400000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(format_timestamp(253402300799999), "9999-12-31T23:59:59.999Z");
}

TEST(Timestamp, IsReadAsProgramsAndDatabasesWriteIt) {
  for (const char* const text : {"2026-02-19T10:30:45.123Z", "2026-02-19 10:30:45.123456+00",
                                 "2026-02-19t11:30:45.123+01:00", "2026-02-19T05:45:45.1239-0445",
                                 "2026-02-19T10:30:45.123z"}) {
    EXPECT_EQ(parse_timestamp(text), 1771497045123) << text;
  }
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00.5Z"), 500);
  EXPECT_EQ(parse_timestamp("2000-02-29T00:00:00Z"), 951782400000);
  EXPECT_EQ(parse_timestamp("9999-12-31T23:59:59.999999999999999999Z"), 253402300799999);
}

TEST(Timestamp, NothingElseIsRead) {
  for (const char* const text : {"",
                                 "2026",
                                 "2026-02-19",
                                 "2026-02-19T10:30:45",
                                 "2026-02-30T10:30:45Z",
                                 "2025-02-29T00:00:00Z",
                                 "2026-13-01T00:00:00Z",
                                 "2026-00-01T00:00:00Z",
                                 "2026-02-19T24:00:00Z",
                                 "2026-02-19T10:60:00Z",
                                 "2026-02-19T10:30:60Z",
                                 "2026-02-19T10:30:45.Z",
                                 "2026-02-19T10:30:45Z ",
                                 " 2026-02-19T10:30:45Z",
                                 "2026-02-19T10:30:45+",
                                 "2026-02-19T10:30:45+1",
                                 "2026-02-19T10:30:45+24",
                                 "2026-02-19T10:30:45+01:6",
                                 "2026-02-19T10:30:45+01:60",
                                 "1969-12-31T23:59:59Z",
                                 "1970-01-01T00:00:00+01",
                                 "12026-02-19T10:30:45Z",
                                 "2026-2-19T10:30:45Z",
                                 "1771497045",
                                 "now",
                                 "99999999999999999999999"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(Uuid, IsRandomAndOfVersion4) {
  SystemRandom random;
  const Uuid one = Uuid::random(random);
  const Uuid other = Uuid::random(random);
  EXPECT_FALSE(one == other);
  const std::string text = one.text();
  ASSERT_EQ(text.size(), 36U);
  EXPECT_EQ(text[14], '4');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
  EXPECT_EQ(Uuid::parse(text), one);
}

TEST(Uuid, InTheOrderOfTimeIsOfVersion7) {
  SystemRandom random;
  // RFC 9562, appendix A.6: the same moment.
  const std::string text = Uuid::in_order(0x017F22E279B0, random).text();
  EXPECT_EQ(text.substr(0, 15), "017f22e2-79b0-7");
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
  EXPECT_FALSE(Uuid::in_order(1, random) == Uuid::in_order(1, random));
  EXPECT_LT(Uuid::in_order(255, random).text(), Uuid::in_order(256, random).text());
}

TEST(Uuid, ParsesTheCanonicalFormOnly) {
  EXPECT_TRUE(Uuid::parse("550E8400-e29b-41d4-a716-446655440000"));
  EXPECT_FALSE(Uuid::parse(""));
  EXPECT_FALSE(Uuid::parse("550e8400e29b41d4a716446655440000"));
  EXPECT_FALSE(Uuid::parse("{550e8400-e29b-41d4-a716-44665544000}"));
  EXPECT_FALSE(Uuid::parse("550e8400-e29b-41d4-a716-44665544000g"));
  EXPECT_FALSE(Uuid::parse("550e8400-e29b-41d4-a716_446655440000"));
  EXPECT_FALSE(Uuid::parse("550e8400-e29b-41d4-a716-4466554400000"));
}

TEST(Secret, LeavesNothingWhereItCameFrom) {
  std::string text = "correct horse battery staple";
  Secret secret(std::move(text));
  EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_EQ(secret.reveal(), "correct horse battery staple");
  Secret moved(std::move(secret));
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(moved.clone().reveal(), moved.reveal());
  secret = std::move(moved);
  EXPECT_EQ(secret.size(), 28U);
  EXPECT_STREQ(secret.reveal_c_str(), "correct horse battery staple");
}

TEST(Secret, WipesTheWholeBuffer) {
  std::string text(64, 'x');
  text.resize(10);
  const char* const buffer = text.data();
  wipe(text);
  EXPECT_TRUE(std::all_of(buffer, buffer + 64, [](char byte) { return byte == 0; }));
}

TEST(Error, HasAPublicAndAPrivateHalf) {
  const Error plain(ErrorCode::kInvalidCredentials);
  EXPECT_EQ(plain.detail(), "Invalid credentials");
  EXPECT_STREQ(plain.what(), "INVALID_CREDENTIALS");
  const Error full =
      Error(ErrorCode::kDatabaseUnavailable, "Later").because("SQLSTATE 57P01").retry_after(3);
  EXPECT_EQ(full.detail(), "Later");
  EXPECT_EQ(full.retry_after_s(), 3);
  EXPECT_STREQ(full.what(), "DATABASE_UNAVAILABLE: SQLSTATE 57P01");
  const Error invalid = Error::validation({{"email", "required", "is required"}});
  EXPECT_EQ(invalid.code(), ErrorCode::kValidationError);
  EXPECT_EQ(invalid.fields().size(), 1U);
}

TEST(Clock, BothClocksMoveForward) {
  const SystemClock clock;
  EXPECT_GT(clock.wall_ms(), 1'700'000'000'000);
  const auto before = clock.monotonic_ns();
  EXPECT_LE(before, clock.monotonic_ns());
}

TEST(Descriptor, ClosesOnce) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  Descriptor read_end(ends[0]);
  {
    Descriptor write_end(ends[1]);
    Descriptor moved(std::move(write_end));
    EXPECT_FALSE(write_end);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(moved);
    write_end = std::move(moved);
  }
  char byte = 0;
  EXPECT_EQ(read(read_end.get(), &byte, 1), 0);
}

}  // namespace
}  // namespace latchkey::base
