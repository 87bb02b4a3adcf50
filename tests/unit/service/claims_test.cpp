// SPDX-License-Identifier: Apache-2.0
#include "service/claims.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "doubles/records.h"

namespace latchkey::service {
namespace {

using Members = std::map<std::string, std::string>;  // name -> JSON text of the value

Members whole() {
  return {{"iss", "\"latchkey\""},
          {"sub", "\"42\""},
          {"sid", "\"" + std::string(doubles::kSessionId) + "\""},
          {"jti", "\"token-1\""},
          {"iat", "1000"},
          {"exp", "2000"},
          {"type", "\"access\""}};
}

std::string text_of(const Members& members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (text.size() > 1) text += ',';
    text += '"' + name + "\":" + value;
  }
  return text + "}";
}

bool is_read_with(const std::string& name, const std::string& value) {
  Members members = whole();
  members[name] = value;
  return read_claims(text_of(members)).has_value();
}

TEST(Claims, AreWrittenInOneOrder) {
  EXPECT_EQ(write_claims({.issuer = "latchkey",
                          .caller = doubles::caller(),
                          .token_id = "token-1",
                          .issued_at_s = 1000,
                          .expires_at_s = 2000,
                          .type = "access"}),
            R"({"iss":"latchkey","sub":"42","sid":"0f0e0d0c-0b0a-4908-8706-050403020100",)"
            R"("jti":"token-1","iat":1000,"exp":2000,"type":"access"})");
}

TEST(Claims, ComeBackAsTheyWere) {
  const auto claims = read_claims(text_of(whole()));
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->issuer, "latchkey");
  EXPECT_EQ(claims->caller.user_id, 42);
  EXPECT_EQ(claims->caller.session_id, doubles::uuid());
  EXPECT_EQ(claims->token_id, "token-1");
  EXPECT_EQ(claims->issued_at_s, 1000);
  EXPECT_EQ(claims->expires_at_s, 2000);
  EXPECT_EQ(claims->not_before_s, 0);
  EXPECT_EQ(claims->type, "access");
}

TEST(Claims, EachIsRequired) {
  for (const auto& [name, value] : whole()) {
    Members members = whole();
    members.erase(name);
    EXPECT_FALSE(read_claims(text_of(members))) << name;
  }
}

TEST(Claims, EachHasOneType) {
  for (const auto& [name, value] : whole()) {
    const bool is_text = value.front() == '"';
    for (const std::string& other : {is_text ? std::string("1") : std::string("\"1\""),
                                     std::string("1.5"), std::string("null"), std::string("true"),
                                     std::string("[]"), std::string("{}"), std::string("\"\"")}) {
      // Whether an issuer or a type is ours is asked later, an empty one is text like any other.
      if (other == "\"\"" && (name == "iss" || name == "type")) continue;
      EXPECT_FALSE(is_read_with(name, other)) << name << " " << other;
    }
  }
  EXPECT_FALSE(is_read_with("exp", "99999999999999999999"));
  EXPECT_FALSE(is_read_with("exp", "2e3"));
}

TEST(Claims, TheSubjectIsSpelledInOneWay) {
  for (const std::string_view id :
       {"0", "-1", "+1", "042", " 42", "42 ", "4x", "0x2a", "9223372036854775808"}) {
    EXPECT_FALSE(is_read_with("sub", '"' + std::string(id) + '"')) << id;
  }
  EXPECT_TRUE(is_read_with("sub", "\"9223372036854775807\""));
}

TEST(Claims, TheSessionIsAUuid) {
  EXPECT_FALSE(is_read_with("sid", "\"0f0e0d0c\""));
  EXPECT_FALSE(is_read_with("sid", "\"0f0e0d0c0b0a49088706050403020100\""));
}

TEST(Claims, NotBeforeIsTakenUpIfItIsANumber) {
  Members members = whole();
  members["nbf"] = "1500";
  EXPECT_EQ(read_claims(text_of(members))->not_before_s, 1500);
  EXPECT_FALSE(is_read_with("nbf", "\"1500\""));
  EXPECT_FALSE(is_read_with("nbf", "null"));
}

TEST(Claims, FurtherClaimsDoNotMatter) { EXPECT_TRUE(is_read_with("aud", "[\"a\"]")); }

TEST(Claims, APayloadThatIsNoObjectIsAnAnswer) {
  for (const std::string_view text : {"", "[]", "42", "{", "{}", "{\"iss\":1,\"iss\":2}"}) {
    EXPECT_FALSE(read_claims(text)) << text;
  }
  EXPECT_FALSE(is_read_with("aud", "[[[1]]]"));  // deeper than any claim of ours
  EXPECT_FALSE(is_read_with("pad", '"' + std::string(2048, 'x') + '"'));
}

bool are_same(const std::optional<Claims>& a, const std::optional<Claims>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->issuer == b->issuer && a->caller.user_id == b->caller.user_id &&
         a->caller.session_id == b->caller.session_id && a->token_id == b->token_id &&
         a->issued_at_s == b->issued_at_s && a->expires_at_s == b->expires_at_s &&
         a->not_before_s == b->not_before_s && a->type == b->type;
}

// Our own spelling is read without the parser. A space in front means the same and is not our own,
// so the parser reads it: the two must agree on every change of a byte.
TEST(Claims, ReadWithAndWithoutTheParserAreTheSame) {
  const std::string own = write_claims({.issuer = "https://a.example/b",
                                        .caller = doubles::caller(),
                                        .token_id = "token-1",
                                        .issued_at_s = 1000,
                                        .expires_at_s = 2000,
                                        .type = "access"});
  ASSERT_TRUE(read_claims(own));
  std::size_t accepted = 0;
  const auto compare = [&accepted](const std::string& text) {
    const auto quick = read_claims(text);
    ASSERT_TRUE(are_same(quick, read_claims(' ' + text))) << text;
    accepted += quick.has_value() ? 1 : 0;
  };
  compare(own);
  for (std::size_t at = 0; at <= own.size(); ++at) {
    std::string cut = own;
    if (at < own.size()) compare(cut.erase(at, 1));
    compare(own.substr(0, at));
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = own;
      if (at < own.size()) changed[at] = static_cast<char>(byte);
      compare(changed);
      std::string longer = own;
      compare(longer.insert(at, 1, static_cast<char>(byte)));
    }
  }
  EXPECT_GT(accepted, own.size());
}

}  // namespace
}  // namespace latchkey::service
