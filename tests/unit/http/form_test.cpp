// SPDX-License-Identifier: Apache-2.0
#include "http/form.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "doubles/thrown_error.h"

namespace latchkey::http {
namespace {

using doubles::thrown_by;

// What is wrong with the form, as the end of the message to the client.
std::string fault_of(const std::string& body) {
  const base::Error error = thrown_by([&] { (void)parse_form(body); });
  EXPECT_EQ(error.code(), base::ErrorCode::kInvalidJson) << body;
  const std::string& detail = error.detail();
  return detail.substr(detail.rfind(": ") + 2);
}

std::string fields(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) body += "f" + std::to_string(i) + "=&";
  return body;
}

TEST(Form, DecodesNamesAndValues) {
  const base::JsonObject form = parse_form("username=ada+l%2Bb&p%61ssword=%C3%A9%26%3D%25%7e");
  EXPECT_EQ(form.find_string("username"), "ada l+b");
  EXPECT_EQ(form.find_string("password"), "\xC3\xA9&=%~");
  EXPECT_EQ(form.find("missing"), nullptr);
}

TEST(Form, KeepsWhiteSpaceAndFurtherEqualsSigns) {
  const base::JsonObject form = parse_form("a=+x+&b=1=2=3");
  EXPECT_EQ(form.find_string("a"), " x ");
  EXPECT_EQ(form.find_string("b"), "1=2=3");
}

TEST(Form, AFieldMayBeEmpty) {
  const base::JsonObject form = parse_form("&&a&b=&=c&");
  EXPECT_EQ(form.find_string("a"), "");
  EXPECT_EQ(form.find_string("b"), "");
  EXPECT_EQ(form.find_string(""), "c");
  EXPECT_EQ(parse_form("").find("a"), nullptr);
}

TEST(Form, RefusesWhatCannotBeDecoded) {
  EXPECT_EQ(fault_of("a=%"), "a percent escape is cut off");
  EXPECT_EQ(fault_of("a=%4"), "a percent escape is cut off");
  EXPECT_EQ(fault_of("a=%4&b=1"), "a percent escape is cut off");
  EXPECT_EQ(fault_of("a=%zz"), "a percent escape is wrong");
  EXPECT_EQ(fault_of("a=%4z"), "a percent escape is wrong");
  EXPECT_EQ(fault_of("a=%+4"), "a percent escape is wrong");
  EXPECT_EQ(fault_of("a=%-4"), "a percent escape is wrong");
  EXPECT_EQ(fault_of("%=1"), "a percent escape is cut off");
}

TEST(Form, RefusesWhatIsNoText) {
  EXPECT_EQ(fault_of("a=%FF"), "it is not valid UTF-8");
  EXPECT_EQ(fault_of("a=\xC3"), "it is not valid UTF-8");
  EXPECT_EQ(fault_of("a=%C0%80"), "it is not valid UTF-8");
  EXPECT_EQ(fault_of("%ED%A0%80=1"), "it is not valid UTF-8");
  EXPECT_EQ(fault_of("a=x%00y"), "it contains a NUL character");
  EXPECT_EQ(fault_of(std::string("a=x\0y", 5)), "it contains a NUL character");
  EXPECT_EQ(fault_of("a%00=x"), "it contains a NUL character");
}

TEST(Form, RefusesANameThatOccursTwice) {
  EXPECT_EQ(fault_of("a=1&a=2"), "a field occurs twice");
  EXPECT_EQ(fault_of("a=1&b=2&%61=1"), "a field occurs twice");
  EXPECT_EQ(fault_of("a&a"), "a field occurs twice");
}

TEST(Form, HoldsItsLimit) {
  EXPECT_EQ(parse_form(fields(32)).find_string("f31"), "");
  EXPECT_EQ(fault_of(fields(33)), "it has too many fields");
}

TEST(Form, NeverRepeatsTheTextThatItRefuses) {
  const base::Error error = thrown_by([] { (void)parse_form("password=s3cret&password=s3cret"); });
  EXPECT_EQ(error.detail().find("s3cret"), std::string::npos);
  EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::http
