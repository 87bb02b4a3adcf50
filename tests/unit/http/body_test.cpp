// SPDX-License-Identifier: Apache-2.0
#include "http/body.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "doubles/thrown_error.h"

namespace latchkey::http {
namespace {

using doubles::thrown_by;

Request request_of(std::string_view type, std::string_view body) {
  Request request;
  request.content_type = type;
  request.body = base::Secret(body);
  return request;
}

bool is_taken(std::string_view type, Body kind, std::string_view body) {
  try {
    return read_body(request_of(type, body), kind).find_string("a") == "1";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUnsupportedMediaType) << type;
    return false;
  }
}

bool is_json(std::string_view type) { return is_taken(type, Body::kJson, R"({"a":"1"})"); }
bool is_form(std::string_view type) { return is_taken(type, Body::kJsonOrForm, "a=1"); }

TEST(Body, TakesJsonInEverySpellingOfItsType) {
  for (const std::string_view type :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json; charset=UTF-8", "application/json ; Charset=\"utf-8\"",
        " application/json\t"}) {
    EXPECT_TRUE(is_json(type)) << type;
    EXPECT_TRUE(is_taken(type, Body::kJsonOrForm, R"({"a":"1"})")) << type;
  }
}

TEST(Body, RefusesOtherTypesAndParameters) {
  for (const std::string_view type :
       {"", " ", ";", "application/jsonp", "text/json", "application/json-patch+json",
        "application/json; charset=latin1", "application/json; charset=utf-8; x=y",
        "application/json; charset = utf-8", "application/json;", "application/json, text/plain",
        "application/json; boundary=x", "application/x-www-form-urlencoded"}) {
    EXPECT_FALSE(is_json(type)) << type;
  }
}

TEST(Body, TakesAFormOnlyWhereOneIsExpected) {
  EXPECT_TRUE(is_form("application/x-www-form-urlencoded"));
  EXPECT_TRUE(is_form("application/x-www-form-urlencoded; charset=UTF-8"));
  EXPECT_FALSE(is_form("multipart/form-data; boundary=x"));
  EXPECT_FALSE(is_taken("application/x-www-form-urlencoded", Body::kJson, "a=1"));
}

TEST(Body, SaysWhichTypesItTakes) {
  EXPECT_EQ(
      thrown_by([] { (void)read_body(request_of("text/plain", "{}"), Body::kJson); }).detail(),
      "The body must be application/json");
  EXPECT_EQ(thrown_by([] {
              (void)read_body(request_of("text/plain", "{}"), Body::kJsonOrForm);
            }).detail(),
            "The body must be application/json or application/x-www-form-urlencoded");
}

TEST(Body, ABodyThatCannotBeReadIsAnotherError) {
  const auto code_of = [](std::string_view type, std::string_view body) {
    return thrown_by([&] { (void)read_body(request_of(type, body), Body::kJsonOrForm); }).code();
  };
  EXPECT_EQ(code_of("application/json", ""), base::ErrorCode::kInvalidJson);
  EXPECT_EQ(code_of("application/json", "[1]"), base::ErrorCode::kInvalidJson);
  EXPECT_EQ(code_of("application/json", "a=1"), base::ErrorCode::kInvalidJson);
  EXPECT_EQ(code_of("application/x-www-form-urlencoded", "a=%"), base::ErrorCode::kInvalidJson);
}

}  // namespace
}  // namespace latchkey::http
