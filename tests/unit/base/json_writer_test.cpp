// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/json_reader.h"

namespace latchkey::base {
namespace {

std::string string_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, WritesNestedValues) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("a").begin_array().integer(1).null().boolean(true).boolean(false);
  json.begin_object().end_object().end_array().key("b").string("x").key("c").decimal(1.25);
  json.end_object();
  EXPECT_EQ(out, R"({"a":[1,null,true,false,{}],"b":"x","c":1.250})");
}

TEST(JsonWriter, EscapesWhatHasToBeEscaped) {
  EXPECT_EQ(string_of("a\"b\\c\n\r\t\x01\x7F"), R"("a\"b\\c\n\r\t\u0001\u007f")");
  EXPECT_EQ(string_of("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST(JsonWriter, ReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(string_of("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(string_of("\xC3"), "\"\xEF\xBF\xBD\"");
}

TEST(JsonWriter, WhatItWritesCanBeRead) {
  std::string out;
  std::string all_bytes;
  for (int byte = 1; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  JsonWriter(out).begin_object().key("k").string(all_bytes).end_object();
  EXPECT_TRUE(parse_json_object(out).find_string("k").has_value());
}

TEST(JsonWriter, NumbersThatJsonDoesNotHaveAreNull) {
  std::string out;
  JsonWriter(out)
      .begin_array()
      .decimal(std::numeric_limits<double>::infinity())
      .decimal(std::numeric_limits<double>::quiet_NaN())
      .integer(std::numeric_limits<std::int64_t>::min())
      .end_array();
  EXPECT_EQ(out, "[null,null,-9223372036854775808]");
}

}  // namespace
}  // namespace latchkey::base
