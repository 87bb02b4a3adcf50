// SPDX-License-Identifier: Apache-2.0
#include "api/body_reader.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "doubles/thrown_error.h"

namespace latchkey::api {
namespace {

using Names = std::vector<std::string>;

BodyReader reader_of(std::string_view body) {
  http::Request request;
  request.content_type = "application/json";
  request.body = base::Secret(body);
  return BodyReader(http::Exchange{.request = request, .body = http::Body::kJson});
}

TEST(BodyReader, TakesTextOut) {
  BodyReader reader = reader_of(R"({"a":"one","b":" two ","c":"three"})");
  EXPECT_EQ(reader.required("a"), "one");
  EXPECT_EQ(reader.required_secret("b")->reveal(), " two ");
  EXPECT_EQ(reader.optional("c"), "three");
  EXPECT_TRUE(reader.take_faults().empty());
}

TEST(BodyReader, OnlyWhatIsRequiredMayNotBeMissing) {
  BodyReader reader = reader_of("{}");
  EXPECT_FALSE(reader.required("a"));
  EXPECT_FALSE(reader.required_secret("b"));
  EXPECT_FALSE(reader.optional("c"));
  EXPECT_EQ(doubles::names_of(reader.take_faults()), (Names{"a:required", "b:required"}));
}

TEST(BodyReader, WhatIsNoTextIsAFaultEverywhere) {
  for (const std::string value : {"1", "1.5", "null", "true", "[\"x\"]", "{}"}) {
    BodyReader reader = reader_of("{\"a\":" + value + ",\"b\":" + value + ",\"c\":" + value + "}");
    EXPECT_FALSE(reader.required("a"));
    EXPECT_FALSE(reader.required_secret("b"));
    EXPECT_FALSE(reader.optional("c"));
    EXPECT_EQ(doubles::names_of(reader.take_faults()),
              (Names{"a:wrong_type", "b:wrong_type", "c:wrong_type"}))
        << value;
  }
}

TEST(BodyReader, EmptyTextIsAFaultEverywhere) {
  BodyReader reader = reader_of(R"({"a":"","c":""})");
  EXPECT_FALSE(reader.required("a"));
  EXPECT_FALSE(reader.optional("c"));
  EXPECT_EQ(doubles::names_of(reader.take_faults()), (Names{"a:required", "c:required"}));
}

TEST(BodyReader, GivesTheOneFieldOrThrows) {
  EXPECT_EQ(reader_of(R"({"refresh_token":"t"})").the_secret("refresh_token").reveal(), "t");
  const base::Error error =
      doubles::thrown_by([] { (void)reader_of("{}").the_secret("refresh_token"); });
  EXPECT_EQ(error.code(), base::ErrorCode::kValidationError);
  EXPECT_EQ(doubles::names_of(error.fields()), Names{"refresh_token:required"});
}

TEST(BodyReader, ABodyThatCannotBeReadIsAnErrorAtOnce) {
  EXPECT_EQ(doubles::thrown_by([] { (void)reader_of("{"); }).code(), base::ErrorCode::kInvalidJson);
}

}  // namespace
}  // namespace latchkey::api
