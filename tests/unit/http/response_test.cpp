// SPDX-License-Identifier: Apache-2.0
#include "http/response.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

TEST(Response, IsWrittenAsCgiHasIt) {
  Response response = Response::json(201, "{\"a\":1}");
  response.add_header("Cache-Control", "no-store").add_header("X-User-Id", "7");
  EXPECT_EQ(serialize(response, false),
            "Status: 201 Created\r\n"
            "Content-Type: application/json\r\n"
            "Cache-Control: no-store\r\n"
            "X-User-Id: 7\r\n"
            "Content-Length: 7\r\n"
            "\r\n"
            "{\"a\":1}");
}

TEST(Response, HeadHasTheHeadersOfTheBodyThatItLeavesOut) {
  EXPECT_EQ(serialize(Response::json(200, "{}"), true),
            "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

TEST(Response, NoContentHasNeitherLengthNorType) {
  EXPECT_EQ(serialize(Response::no_content(), false), "Status: 204 No Content\r\n\r\n");
  Response unchanged;
  unchanged.status = 304;
  EXPECT_EQ(serialize(unchanged, false), "Status: 304 Not Modified\r\n\r\n");
}

TEST(Response, AnEmptyBodySaysItsLength) {
  EXPECT_EQ(serialize(Response{}, false), "Status: 200 OK\r\nContent-Length: 0\r\n\r\n");
}

using ResponseDeathTest = ::testing::Test;

// A value that could end its header is a bug of ours: better no worker than a split response.
TEST(ResponseDeathTest, NoHeaderHoldsAControlCharacter) {
  Response response;
  EXPECT_DEATH(response.add_header("X-A", "a\r\nSet-Cookie: b"), "");
  EXPECT_DEATH(response.add_header("X-A", "a\nb"), "");
  EXPECT_DEATH(response.add_header("X-A", std::string_view("a\0b", 3)), "");
  EXPECT_DEATH(response.add_header("X-A", "\x7F"), "");
  EXPECT_DEATH(response.add_header("X-A", "\xC3\xA9"), "");
  EXPECT_DEATH(response.add_header("X\n-A", "a"), "");
}

TEST(ResponseDeathTest, EveryStatusHasAReason) {
  EXPECT_EQ(reason_of(413), "Content Too Large");
  EXPECT_DEATH((void)reason_of(299), "");
}

}  // namespace
}  // namespace latchkey::http
