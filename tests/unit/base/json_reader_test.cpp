// SPDX-License-Identifier: Apache-2.0
#include "base/json_reader.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace latchkey::base {
namespace {

namespace fs = std::filesystem;

// Whether the text is read; anything but INVALID_JSON fails the test.
bool is_read(const std::string& text) {
  try {
    (void)parse_json_object(text);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidJson);
    return false;
  }
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_object(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

TEST(JsonReader, KeepsTheMembersOfTheObject) {
  const JsonObject object =
      parse_json_object(R"({"s":"\u00e9\ud83d\ude00","i":-7,"f":1.5,"n":null,"b":true,)"
                        R"("o":{"s":"inner"},"a":[{"i":1}]})");
  EXPECT_EQ(object.find_string("s"), "\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(object.find_integer("i"), -7);
  EXPECT_EQ(object.find("f")->kind, JsonKind::kNumber);
  EXPECT_EQ(object.find("n")->kind, JsonKind::kNull);
  EXPECT_EQ(object.find("b")->kind, JsonKind::kBoolean);
  EXPECT_EQ(object.find("o")->kind, JsonKind::kObject);
  EXPECT_EQ(object.find("a")->kind, JsonKind::kArray);
  EXPECT_EQ(object.find("missing"), nullptr);
  EXPECT_EQ(object.find_string("i"), std::nullopt);
  EXPECT_EQ(object.find_integer("f"), std::nullopt);
  EXPECT_EQ(object.find_integer("s"), std::nullopt);
}

TEST(JsonReader, WholeNumbersKeepTheirValueOrSayThatTheyAreTooLarge) {
  const JsonObject object = parse_json_object(
      R"({"max":9223372036854775807,"min":-9223372036854775808,"more":9223372036854775808,"most":99999999999999999999999999})");
  EXPECT_EQ(object.find_integer("max"), INT64_MAX);
  EXPECT_EQ(object.find_integer("min"), INT64_MIN);
  EXPECT_EQ(object.find("more")->kind, JsonKind::kNumber);
  EXPECT_EQ(object.find("most")->kind, JsonKind::kNumber);
}

TEST(JsonReader, RefusesWhatTheParserWouldLetThrough) {
  EXPECT_FALSE(is_read(""));
  EXPECT_FALSE(is_read("[]"));
  EXPECT_FALSE(is_read("\"text\""));
  EXPECT_FALSE(is_read("{} {}"));
  EXPECT_FALSE(is_read("{}x"));
  EXPECT_FALSE(is_read(R"({"a":1,"a":2})"));
  EXPECT_FALSE(is_read(R"({"o":{"a":1,"\u0061":2}})"));
  EXPECT_FALSE(is_read(R"({"a":"\u0000"})"));
  EXPECT_FALSE(is_read(R"({"a\u0000b":1})"));
  EXPECT_FALSE(is_read(std::string("{\"a\":\"b\0c\"}", 11)));
  EXPECT_FALSE(is_read(std::string("{\"a\":1}\0", 8)));
  EXPECT_FALSE(is_read("{\"a\":1}\xFF"));
  EXPECT_FALSE(is_read("\xEF\xBB\xBF{}"));
  EXPECT_FALSE(is_read("{\"a\":\"\xC0\x80\"}"));
  EXPECT_FALSE(is_read(R"({"a":"\ud800"})"));
  EXPECT_FALSE(is_read(R"({"a":"\udc00"})"));
  EXPECT_FALSE(is_read(R"({"a":"\ud800\u0041"})"));
  EXPECT_FALSE(is_read(R"({"a":"\)"));
}

TEST(JsonReader, TakesWhatOnlyLooksDangerous) {
  EXPECT_TRUE(is_read(R"({"a":"\\u0000"})"));
  EXPECT_TRUE(is_read(R"({"a":1,"o":{"a":2},"l":[{"a":3},{"a":4}]})"));
  EXPECT_TRUE(is_read(" \t\r\n{ } \n"));
}

TEST(JsonReader, HoldsItsLimits) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(depth) - 1, '[') +
           std::string(static_cast<std::size_t>(depth) - 1, ']') + "}";
  };
  EXPECT_TRUE(is_read(nested(16)));
  EXPECT_FALSE(is_read(nested(17)));
  const std::string frame = R"({"a":""})";
  const std::size_t room = JsonLimits{}.max_bytes - frame.size();
  EXPECT_TRUE(is_read(R"({"a":")" + std::string(room, 'x') + R"("})"));
  EXPECT_FALSE(is_read(R"({"a":")" + std::string(room + 1, 'x') + R"("})"));
  EXPECT_TRUE(is_read(R"({"[[[[[[[[[[[[[[[[[[[":"{{{{{{{{{{{{{{{{{{{{"})"));
}

// JSONTestSuite: y_ objects are read, n_ are refused, i_ may go either way but never crash.
TEST(JsonReader, HoldsTheJsonTestSuite) {
  std::size_t count = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(LATCHKEY_VECTORS) / "json/test_parsing")) {
    const std::string name = entry.path().filename().string();
    const std::string text = read_file(entry.path());
    const bool read = is_read(text);
    ++count;
    if (name.starts_with("n_")) {
      EXPECT_FALSE(read) << name;
    }
    // Duplicate keys and NUL are legal JSON and illegal here.
    const bool is_stricter_here = name.find("duplicated_key") != std::string::npos ||
                                  name.find("null") != std::string::npos ||
                                  name == "y_object_escaped_null_in_key.json" ||
                                  text.find("\\u0000") != std::string::npos;
    if (name.starts_with("y_") && is_object(text) && !is_stricter_here) {
      EXPECT_TRUE(read) << name;
    }
  }
  EXPECT_EQ(count, 318U);
}

}  // namespace
}  // namespace latchkey::base
