// SPDX-License-Identifier: Apache-2.0
#include "crypto/jws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/base64url.h"
#include "crypto/hmac.h"

namespace latchkey::crypto {

void PrintTo(JwsOutcome outcome, std::ostream* out) {
  switch (outcome) {
    case JwsOutcome::kOk:
      *out << "ok";
      return;
    case JwsOutcome::kMalformed:
      *out << "malformed";
      return;
    case JwsOutcome::kUnknownKey:
      *out << "unknown key";
      return;
    case JwsOutcome::kBadSignature:
      *out << "bad signature";
      return;
  }
}

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kKeyText = "an HS256 key for the tests, 32 bytes or more";
constexpr std::string_view kOtherKeyText = "another HS256 key for tests, 32 bytes or more";
constexpr std::int64_t kNow = 1'771'497'045'123;
constexpr std::string_view kPayload = R"({"sub":"42"})";

const JwsAlgorithm& hs256() { return *find_jws_algorithm("HS256"); }

KeyRing ring_of(std::string_view key, std::string_view kid = {}) {
  KeyRing ring(hs256());
  ring.add(hs256(), base::Secret(key), 0, kid);
  return ring;
}

// A token with this header and payload and a true HMAC by `key`, whatever the header claims.
std::string forge(std::string_view header, std::string_view key = kKeyText,
                  std::string_view payload = kPayload) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(HmacSha256(base::Secret(key)).sign(input).bytes());
}

JwsOutcome outcome_of(std::string_view token) {
  return ring_of(kKeyText, "k1").verify(token).outcome;
}

std::string header_of(const std::string& token) {
  return base64url_decode(token.substr(0, token.find('.'))).value_or("not base64url");
}

TEST(KeyRingTest, VerifiesWhatItSigned) {
  const KeyRing ring = ring_of(kKeyText);
  const JwsVerdict verdict = ring.verify(ring.sign(kPayload, kNow));
  EXPECT_EQ(verdict.outcome, JwsOutcome::kOk);
  EXPECT_EQ(verdict.payload, kPayload);
}

TEST(KeyRingTest, SignsTheSamePayloadAlike) {
  const KeyRing ring = ring_of(kKeyText);
  const std::string token = ring.sign(kPayload, kNow);
  EXPECT_NE(ring.sign("something else", kNow), token);
  EXPECT_EQ(ring.sign(kPayload, kNow), token);
  EXPECT_EQ(ring_of(kKeyText).sign(kPayload, kNow), token);  // in another process too
}

TEST(KeyRingTest, WritesAlgorithmTypeAndKid) {
  EXPECT_EQ(header_of(ring_of(kKeyText, "k1").sign(kPayload, kNow)),
            R"({"alg":"HS256","typ":"JWT","kid":"k1"})");
}

TEST(KeyRingTest, NamesAKeyByAThumbprintThatTellsNothing) {
  const std::string header = header_of(ring_of(kKeyText).sign(kPayload, kNow));
  EXPECT_EQ(header.size(), std::string_view(R"({"alg":"HS256","typ":"JWT","kid":""})").size() + 16);
  EXPECT_NE(header, header_of(ring_of(kOtherKeyText).sign(kPayload, kNow)));
  EXPECT_THAT(header, Not(HasSubstr(kKeyText.substr(0, 4))));
}

TEST(KeyRingTest, SignsWithTheNewestKeyAndVerifiesWithAll) {
  KeyRing ring = ring_of(kKeyText, "old");
  const std::string old_token = ring.sign(kPayload, kNow);
  ring.add(hs256(), base::Secret(kOtherKeyText), 0, "new");
  const std::string new_token = ring.sign(kPayload, kNow);

  EXPECT_THAT(header_of(new_token), HasSubstr("new"));
  EXPECT_EQ(ring.verify(old_token).outcome, JwsOutcome::kOk);
  EXPECT_EQ(ring.verify(new_token).outcome, JwsOutcome::kOk);
  EXPECT_EQ(ring_of(kOtherKeyText, "new").verify(old_token).outcome, JwsOutcome::kUnknownKey);
}

TEST(KeyRingTest, TriesEveryKeyForATokenThatNamesNone) {
  KeyRing ring = ring_of(kKeyText, "old");
  ring.add(hs256(), base::Secret(kOtherKeyText), 0, "new");
  EXPECT_EQ(ring.verify(forge(R"({"alg":"HS256"})", kKeyText)).outcome, JwsOutcome::kOk);
  EXPECT_EQ(ring.verify(forge(R"({"alg":"HS256"})", kOtherKeyText)).outcome, JwsOutcome::kOk);
  EXPECT_EQ(ring.verify(forge(R"({"alg":"HS256"})", "a key that is not in the ring")).outcome,
            JwsOutcome::kBadSignature);
}

TEST(KeyRingTest, AKidAllowsOnlyItsOwnKey) {
  KeyRing ring = ring_of(kKeyText, "old");
  ring.add(hs256(), base::Secret(kOtherKeyText), 0, "new");
  EXPECT_EQ(ring.verify(forge(R"({"alg":"HS256","kid":"new"})", kKeyText)).outcome,
            JwsOutcome::kBadSignature);
}

TEST(KeyRingTest, RefusesShortKeysNamesTwiceAndToSignWithoutAKey) {
  KeyRing ring(hs256());
  EXPECT_THROW((void)ring.sign(kPayload, kNow), base::Error);
  EXPECT_THROW(ring.add(hs256(), base::Secret(std::string_view("thirty-one bytes are not enough"))),
               base::Error);
  ring.add(hs256(), base::Secret(kKeyText), 0, "k1");
  EXPECT_THROW(ring.add(hs256(), base::Secret(kOtherKeyText), 0, "k1"), base::Error);
}

TEST(KeyRingTest, AnEmptyRingVerifiesNothing) {
  EXPECT_EQ(KeyRing(hs256()).verify(forge(R"({"alg":"HS256"})")).outcome, JwsOutcome::kUnknownKey);
}

// RFC 7515, appendix A.1: the header has line breaks and no kid.
TEST(KeyRingTest, VerifiesTheExampleOfRfc7515) {
  const auto key = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  ASSERT_TRUE(key.has_value());
  const JwsVerdict verdict = ring_of(*key).verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
      "lfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_EQ(verdict.outcome, JwsOutcome::kOk);
  EXPECT_EQ(verdict.payload,
            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

TEST(KeyRingTest, AcceptsOtherSpellingsOfAnHonestHeader) {
  for (const std::string_view header : {
           R"({"alg":"HS256"})",
           R"({"alg":"HS256","kid":"k1"})",
           R"({"kid":"k1","typ":"jwt","alg":"HS256"})",
           R"({ "alg" : "HS256", "typ" : "JwT" })",
           R"({"alg":"HS256","cty":"whatever","x":{"y":[1]}})",
       }) {
    EXPECT_EQ(outcome_of(forge(header)), JwsOutcome::kOk) << header;
  }
}

TEST(KeyRingTest, TheHeaderDoesNotChooseTheAlgorithm) {
  for (const std::string_view header : {
           R"({"alg":"none"})",
           R"({"alg":"None","kid":"k1"})",
           R"({"alg":""})",
           R"({"alg":"hs256"})",
           R"({"alg":"HS256 "})",
           R"({"alg":"HS384","kid":"k1"})",
           R"({"alg":"RS256","kid":"k1"})",
           R"({"alg":"ES256","kid":"k1"})",
           R"({"alg":"EdDSA","kid":"k1"})",
       }) {
    EXPECT_EQ(outcome_of(forge(header)), JwsOutcome::kUnknownKey) << header;
    const std::string token = forge(header);
    EXPECT_EQ(outcome_of(token.substr(0, token.rfind('.') + 1)), JwsOutcome::kUnknownKey);
  }
}

TEST(KeyRingTest, TheHeaderNamesAKeyOfTheRing) {
  for (const std::string_view header : {
           R"({"alg":"HS256","kid":""})",
           R"({"alg":"HS256","kid":"k2"})",
           R"({"alg":"HS256","kid":"K1"})",
           R"({"alg":"HS256","kid":"k1 "})",
           R"({"alg":"HS256","kid":"../../dev/null"})",
           R"({"alg":"HS256","kid":"' OR 1=1 --"})",
       }) {
    EXPECT_EQ(outcome_of(forge(header)), JwsOutcome::kUnknownKey) << header;
  }
}

TEST(KeyRingTest, KeysInTheHeaderAreNotLookedAt) {
  const std::string other = base64url_encode(kOtherKeyText);
  EXPECT_EQ(outcome_of(forge(R"({"alg":"HS256","jwk":{"kty":"oct","k":")" + other + R"("}})",
                             kOtherKeyText)),
            JwsOutcome::kBadSignature);
  EXPECT_EQ(outcome_of(forge(R"({"alg":"HS256","jku":"https://example.com/keys"})", kOtherKeyText)),
            JwsOutcome::kBadSignature);
}

TEST(KeyRingTest, RefusesHeadersThatItDoesNotUnderstand) {
  for (const std::string_view header : {
           R"({"alg":"HS256","crit":["b64"],"b64":false})",
           R"({"alg":"HS256","crit":[]})",
           R"({"alg":"HS256","crit":null})",
           R"({"alg":"HS256","typ":"JWE"})",
           R"({"alg":"HS256","typ":""})",
           R"({"alg":"HS256","typ":"JW"})",
           R"({"alg":"HS256","typ":null})",
           R"({"alg":"HS256","kid":null})",
           R"({"alg":"HS256","kid":1})",
           R"({"alg":"HS256","kid":["k1"]})",
           R"({"alg":null})",
           R"({"alg":256})",
           R"({"alg":["HS256"]})",
           R"({"ALG":"HS256"})",
           R"({})",
           R"(["alg","HS256"])",
           R"("HS256")",
           R"(null)",
           R"()",
           R"({"alg":"HS256")",
           R"({"alg":"HS256"}{})",
           R"({"alg":"HS256","alg":"HS256"})",
           R"({"alg":"none","alg":"HS256"})",
           R"({"alg":"HS256","\u0061lg":"HS256"})",
           R"({"alg":"HS256","kid":"k1\u0000"})",
           R"({"alg":"HS256","x":[[[[[[[[[[]]]]]]]]]]})",
           "{\"alg\":\"HS256\",\"x\":\"\xFF\"}",
           "\xEF\xBB\xBF{\"alg\":\"HS256\"}",
       }) {
    EXPECT_EQ(outcome_of(forge(header)), JwsOutcome::kMalformed) << header;
  }
  const std::string long_header = R"({"alg":"HS256","x":")" + std::string(1100, 'x') + R"("})";
  EXPECT_EQ(outcome_of(forge(long_header)), JwsOutcome::kMalformed);
}

TEST(KeyRingTest, RefusesEveryOtherShape) {
  const std::string token = ring_of(kKeyText, "k1").sign(kPayload, kNow);
  const std::size_t first = token.find('.');
  const std::size_t second = token.rfind('.');
  const std::string header = token.substr(0, first);
  const std::string payload = token.substr(first + 1, second - first - 1);
  const std::string signature = token.substr(second + 1);
  ASSERT_EQ(outcome_of(header + "." + payload + "." + signature), JwsOutcome::kOk);

  for (const std::string& text : {
           std::string(),
           std::string("."),
           std::string(".."),
           std::string("..."),
           header,
           header + "." + payload,
           header + "." + signature,
           "." + payload + "." + signature,
           token + ".",
           token + "." + signature,
           "." + token,
           token + "=",
           token + " ",
           " " + token,
           token + "\n",
           header + ".\n" + payload + "." + signature,
           header + "=." + payload + "." + signature,
           header + "." + payload + "=." + signature,
           header + "." + payload + ". " + signature,
           header + " ." + payload + "." + signature,
           token + std::string(1, '\0'),
           "Bearer " + token,
           R"({"protected":")" + header + R"(","payload":")" + payload + R"(","signature":")" +
               signature + R"("})",
       }) {
    EXPECT_EQ(outcome_of(text), JwsOutcome::kMalformed) << text;
  }
}

TEST(KeyRingTest, RefusesAnyOtherSignature) {
  const std::string token = ring_of(kKeyText, "k1").sign(kPayload, kNow);
  const std::size_t at = token.rfind('.') + 1;
  EXPECT_EQ(outcome_of(token.substr(0, at)), JwsOutcome::kBadSignature);       // none
  EXPECT_EQ(outcome_of(token.substr(0, at + 40)), JwsOutcome::kBadSignature);  // cut
  EXPECT_EQ(outcome_of(token + "AAAA"), JwsOutcome::kBadSignature);            // with a tail
  EXPECT_EQ(outcome_of(token.substr(0, at) + std::string(43, 'A')), JwsOutcome::kBadSignature);
  for (std::size_t i = at; i + 1 < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(outcome_of(changed), JwsOutcome::kBadSignature) << i;
  }
}

// 43 characters hold 258 bits: two are unused, and three other last characters would decode to
// the same tag if they were ignored.
TEST(KeyRingTest, RefusesOtherSpellingsOfTheLastCharacter) {
  const std::string token = ring_of(kKeyText, "k1").sign(kPayload, kNow);
  int accepted = 0;
  for (const char last :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
    std::string changed = token;
    changed.back() = last;
    if (outcome_of(changed) == JwsOutcome::kOk) ++accepted;
  }
  EXPECT_EQ(accepted, 1);
}

TEST(KeyRingTest, RefusesAChangedPayload) {
  const std::string token = ring_of(kKeyText, "k1").sign(kPayload, kNow);
  const std::size_t first = token.find('.');
  const std::string changed = token.substr(0, first + 1) + base64url_encode(R"({"sub":"43"})") +
                              token.substr(token.rfind('.'));
  EXPECT_EQ(outcome_of(changed), JwsOutcome::kBadSignature);
}

TEST(KeyRingTest, BoundsTheLength) {
  const KeyRing ring = ring_of(kKeyText, "k1");
  std::string payload;
  std::string token = ring.sign(payload, kNow);
  while (token.size() <= kMaxTokenBytes) {
    EXPECT_EQ(ring.verify(token).outcome, JwsOutcome::kOk);
    payload += std::string(200, 'x');
    token = ring.sign(payload, kNow);
  }
  EXPECT_EQ(ring.verify(token).outcome, JwsOutcome::kMalformed);
}

TEST(JwsAlgorithmTest, EveryRowSignsAndVerifies) {
  for (const JwsAlgorithm& row : jws_algorithms()) {
    EXPECT_EQ(find_jws_algorithm(row.name), &row);
    const base::Secret material = row.generate(row.sizes.usual_bits);
    const auto key = row.make_key(material);
    EXPECT_TRUE(key->verify("message", key->sign("message"))) << row.name;
    EXPECT_FALSE(key->verify("Message", key->sign("message"))) << row.name;
    EXPECT_FALSE(key->verify("message", "")) << row.name;
    EXPECT_EQ(key->sign("message"), key->sign("message")) << row.name;
    EXPECT_NE(key->sign("message"), key->sign("Message")) << row.name;
    EXPECT_EQ(row.make_key(material)->sign("message"), key->sign("message")) << row.name;
    EXPECT_EQ(row.make_key(material)->thumbprint(), key->thumbprint()) << row.name;
    EXPECT_EQ(key->bits(), row.sizes.usual_bits) << row.name;
    EXPECT_EQ(key->public_members().empty(), row.is_symmetric) << row.name;

    const auto other = row.make_key(row.generate(row.sizes.usual_bits));
    EXPECT_NE(other->thumbprint(), key->thumbprint()) << row.name;
    EXPECT_FALSE(other->verify("message", key->sign("message"))) << row.name;
  }
}

// However long, and at whatever bit it differs.
TEST(JwsAlgorithmTest, EveryRowRefusesEveryOtherSignature) {
  for (const JwsAlgorithm& row : jws_algorithms()) {
    const auto key = row.make_key(row.generate(row.sizes.min_bits));
    const std::string signature = key->sign("message");
    for (std::size_t i = 0; i < signature.size(); ++i) {
      std::string changed = signature;
      changed[i] = static_cast<char>(changed[i] ^ 0x10);
      EXPECT_FALSE(key->verify("message", changed)) << row.name << " byte " << i;
    }
    for (const std::string& other :
         {signature.substr(1), signature.substr(0, signature.size() - 1), signature + '\0',
          '\0' + signature, signature + signature, std::string(signature.size(), '\0'),
          std::string(signature.size(), '\xFF'), std::string(4000, 'x')}) {
      EXPECT_FALSE(key->verify("message", other)) << row.name << " of " << other.size();
    }
    EXPECT_TRUE(key->verify("message", signature)) << "the key still works: " << row.name;
  }
}

TEST(JwsAlgorithmTest, ThereIsNoRowNone) {
  EXPECT_EQ(find_jws_algorithm("none"), nullptr);
  EXPECT_EQ(find_jws_algorithm(""), nullptr);
}

}  // namespace
}  // namespace latchkey::crypto
