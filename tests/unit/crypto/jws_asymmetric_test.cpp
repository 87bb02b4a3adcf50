// SPDX-License-Identifier: Apache-2.0

// ES256, EdDSA and RS256: the examples of the RFCs, the attacks on verifiers of each, and what is
// no key of theirs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "base/error.h"
#include "crypto/base64url.h"
#include "crypto/hmac.h"
#include "crypto/jws.h"
#include "jwk_pem.h"
#include "vectors.h"

namespace latchkey::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kNow = 1'771'497'045'123;
constexpr std::string_view kPayload = R"({"sub":"42"})";

const JwsAlgorithm& row(std::string_view name) { return *find_jws_algorithm(name); }

std::string refusal_of(std::string_view algorithm, const base::Secret& material) {
  try {
    (void)row(algorithm).make_key(material);
  } catch (const base::Error& error) {
    return error.cause();
  }
  return "accepted";
}

// RFC 6979, appendix A.2.5.
const std::string kRfc6979Key = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
constexpr const char* kRfc6979X =
    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6";
constexpr const char* kRfc6979Y =
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";

base::Secret rfc6979_pem() {
  return ec_pem("prime256v1", from_hex(kRfc6979Key), from_hex(kRfc6979X), from_hex(kRfc6979Y));
}

TEST(Es256Test, SignsAsRfc6979Says) {
  const auto key = row("ES256").make_key(rfc6979_pem());
  EXPECT_EQ(key->sign("sample"),
            from_hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"));
  EXPECT_EQ(key->sign("test"),
            from_hex("F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
                     "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"));
}

// Thousands of messages go through every length of r and s, and each must be good for OpenSSL.
TEST(Es256Test, EverySignatureVerifies) {
  const auto key = row("ES256").make_key(row("ES256").generate(256));
  bool has_short_r = false;
  for (int i = 0; i < 3000; ++i) {
    const std::string message = "message " + std::to_string(i);
    const std::string signature = key->sign(message);
    ASSERT_EQ(signature.size(), 64U);
    ASSERT_TRUE(key->verify(message, signature)) << message;
    has_short_r = has_short_r || signature[0] == '\0';
  }
  EXPECT_TRUE(has_short_r);
}

// RFC 7515, appendix A.3.
TEST(Es256Test, VerifiesTheExampleOfRfc7515) {
  KeyRing ring(row("ES256"));
  ring.add(row("ES256"), jwk_pem({{"kty", "EC"},
                                  {"crv", "P-256"},
                                  {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                  {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
                                  {"d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}}));
  EXPECT_EQ(ring.verify("eyJhbGciOiJFUzI1NiJ9"
                        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
                        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
                        "pmWQxfKTUJqPP3-Kg6NU1Q")
                .outcome,
            JwsOutcome::kOk);
}

constexpr const char* kOrder = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

// CVE-2022-21449: a verifier that does not look at r and s takes 0 for a signature of anything.
TEST(Es256Test, RefusesNumbersThatNoSignatureHas) {
  const auto key = row("ES256").make_key(rfc6979_pem());
  const std::string good = key->sign("sample");
  const std::string order = from_hex(kOrder);
  const std::string zero(32, '\0');
  const std::string one = std::string(31, '\0') + '\1';
  const std::string most(32, '\xFF');
  for (const std::string& r : {zero, one, order, most, good.substr(0, 32)}) {
    for (const std::string& s : {zero, one, order, most, good.substr(32)}) {
      EXPECT_EQ(key->verify("sample", r + s), r + s == good);
    }
  }
}

TEST(Es256Test, RefusesDer) {
  const auto key = row("ES256").make_key(rfc6979_pem());
  const std::string good = key->sign("sample");
  // Both numbers have their highest bit set.
  const std::string der =
      from_hex("3046022100") + good.substr(0, 32) + from_hex("022100") + good.substr(32);
  EXPECT_FALSE(key->verify("sample", der));
}

// The mirror image is a signature too (RFC 7518 asks for no particular one of both). The token that
// has it says the same, so whoever makes one has gained nothing.
TEST(Es256Test, TheMirrorImageOfASignatureSaysTheSame) {
  KeyRing ring(row("ES256"));
  ring.add(row("ES256"), rfc6979_pem());
  const std::string token = ring.sign(kPayload, kNow);
  const std::size_t dot = token.rfind('.');
  const std::string signature = base64url_decode(token.substr(dot + 1)).value_or("");
  BIGNUM* order = nullptr;
  BN_hex2bn(&order, kOrder);
  // NOLINTBEGIN(*-reinterpret-cast)
  BIGNUM* const s =
      BN_bin2bn(reinterpret_cast<const unsigned char*>(signature.data()) + 32, 32, nullptr);
  BN_sub(s, order, s);
  std::string mirrored = signature;
  BN_bn2binpad(s, reinterpret_cast<unsigned char*>(mirrored.data()) + 32, 32);
  // NOLINTEND(*-reinterpret-cast)
  BN_free(s);
  BN_free(order);
  ASSERT_NE(mirrored, signature);
  const JwsVerdict verdict = ring.verify(token.substr(0, dot + 1) + base64url_encode(mirrored));
  EXPECT_EQ(verdict.outcome, JwsOutcome::kOk);
  EXPECT_EQ(verdict.payload, kPayload);
}

const Jwk kRfc8037Key{{"kty", "OKP"},
                      {"crv", "Ed25519"},
                      {"d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"},
                      {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}};

// RFC 8037, appendices A.3 and A.4.
TEST(EdDsaTest, SignsAndNamesTheKeyAsRfc8037Says) {
  const auto key = row("EdDSA").make_key(jwk_pem(kRfc8037Key));
  EXPECT_EQ(key->thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  EXPECT_EQ(base64url_encode(key->sign("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt"
            "9g7sVvpAr_MuM0KAg");
}

// RFC 7638, section 3.1 (its key cannot sign: it has no private half in the RFC).
TEST(JwkTest, NamesAKeyAsRfc7638Says) {
  EXPECT_EQ(
      jwk_thumbprint(
          {{"e", "AQAB"},
           {"kty", "RSA"},
           {"n",
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L"
            "6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4Qy"
            "Q5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI"
            "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
            "kEgU8awapJzKnqDKgw"}}),
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(KeyMaterialTest, WhatIsNoKeyOfTheAlgorithmIsRefused) {
  const base::Secret p256 = row("ES256").generate(256);
  const base::Secret ed25519 = row("EdDSA").generate(256);
  for (const std::string_view name : {"ES256", "EdDSA", "RS256"}) {
    EXPECT_THAT(refusal_of(name, base::Secret()), HasSubstr("no private key"));
    EXPECT_THAT(refusal_of(name, base::Secret(std::string(4096, 'x'))),
                HasSubstr("no private key"));
    EXPECT_THAT(refusal_of(name, base::Secret(p256.reveal().substr(0, 100))),
                HasSubstr("no private key"));
  }
  EXPECT_THAT(refusal_of("ES256", ed25519), HasSubstr("another kind"));
  EXPECT_THAT(refusal_of("EdDSA", p256), HasSubstr("another kind"));
  EXPECT_THAT(refusal_of("RS256", p256), HasSubstr("another kind"));
}

TEST(KeyMaterialTest, OtherCurvesAndSizesAreRefused) {
  EXPECT_THAT(refusal_of("ES256", pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"))),
              HasSubstr("another curve"));
  EXPECT_THAT(refusal_of("ES256", pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "secp256k1"))),
              HasSubstr("another curve"));
  EXPECT_THAT(refusal_of("EdDSA", pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"))),
              HasSubstr("another kind"));
  constexpr std::size_t kTooSmall = 1024;
  EXPECT_THAT(refusal_of("RS256", pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kTooSmall))),
              HasSubstr("1024 bits"));
}

// What RS256 verifiers were fooled with: the public key, which everybody has, as HMAC's secret.
TEST(ConfusionTest, APublicKeyIsNoSecret) {
  for (const std::string_view name : {"ES256", "EdDSA", "RS256"}) {
    KeyRing ring(row(name));
    const base::Secret material = row(name).generate(row(name).sizes.min_bits);
    const JwsKey& key = ring.add(row(name), material);
    const std::string kid = key.thumbprint();
    for (const auto& [member, value] : key.public_members()) {
      for (const std::string& secret : {value, base64url_decode(value).value_or("") + "x"}) {
        for (const std::string_view alg : {std::string_view("HS256"), name}) {
          const std::string input =
              base64url_encode(R"({"alg":")" + std::string(alg) + R"(","kid":")" + kid + R"("})") +
              "." + base64url_encode(kPayload);
          const std::string token =
              input + "." +
              base64url_encode(
                  HmacSha256(base::Secret(std::string_view(secret))).sign(input).bytes());
          EXPECT_NE(ring.verify(token).outcome, JwsOutcome::kOk) << name << " " << member;
        }
      }
    }
  }
}

// Each header of the ring names one key, and each algorithm only its own keys.
TEST(ConfusionTest, AHeaderCannotMoveATokenToAnotherKey) {
  KeyRing ring(row("HS256"));
  std::vector<std::string> kids;
  for (const JwsAlgorithm& algorithm : jws_algorithms())
    kids.push_back(ring.add(algorithm, algorithm.generate(algorithm.sizes.min_bits)).thumbprint());
  for (const JwsAlgorithm& signer : jws_algorithms()) {
    const auto key = signer.make_key(signer.generate(signer.sizes.min_bits));
    for (const JwsAlgorithm& claimed : jws_algorithms()) {
      for (const std::string& kid : kids) {
        const std::string input = base64url_encode(R"({"alg":")" + std::string(claimed.name) +
                                                   R"(","kid":")" + kid + R"("})") +
                                  "." + base64url_encode(kPayload);
        EXPECT_NE(ring.verify(input + "." + base64url_encode(key->sign(input))).outcome,
                  JwsOutcome::kOk);
        EXPECT_NE(ring.verify(input + ".").outcome, JwsOutcome::kOk);
      }
    }
  }
}

TEST(MixedRingTest, TheNewestKeyOfTheAlgorithmSignsOnceItsTimeHasComeAndAllVerify) {
  KeyRing ring(row("ES256"));
  const auto add = [&ring](std::string_view name, std::int64_t from_ms) {
    return ring.add(row(name), row(name).generate(row(name).sizes.min_bits), from_ms).thumbprint();
  };
  add("HS256", 0);
  const std::string first = add("ES256", 1'000);
  add("EdDSA", 1'500);
  const std::string second = add("ES256", 2'000);

  EXPECT_EQ(ring.signing_kid(2'000), second);
  EXPECT_EQ(ring.signing_kid(1'999), first);
  EXPECT_EQ(ring.signing_kid(1'000), first);
  EXPECT_EQ(ring.signing_kid(0), first) << "a clock that was set back stops nobody";
  const std::string token = ring.sign(kPayload, 1'999);
  EXPECT_EQ(ring.sign(kPayload, 1'999), token);
  EXPECT_NE(ring.sign(kPayload, 2'000), token);
  EXPECT_EQ(ring.verify(token).outcome, JwsOutcome::kOk);
  EXPECT_EQ(ring.verify(ring.sign(kPayload, 2'000)).outcome, JwsOutcome::kOk);

  KeyRing without(row("RS256"));
  without.add(row("ES256"), rfc6979_pem());
  EXPECT_EQ(without.signing_kid(kNow), "");
  EXPECT_THROW((void)without.sign(kPayload, kNow), base::Error);
}

TEST(PublicKeysTest, ShowThePublicHalvesAndNothingElse) {
  constexpr std::string_view kSecret = "an HS256 key that must not show anywhere";
  KeyRing ring(row("HS256"));
  ring.add(row("HS256"), base::Secret(kSecret));
  EXPECT_EQ(ring.public_keys().json, R"({"keys":[]})");
  const std::string etag = ring.public_keys().etag;

  ring.add(row("EdDSA"), jwk_pem(kRfc8037Key), kNow);  // not yet
  ring.add(row("ES256"), rfc6979_pem());
  const PublicKeys keys = ring.public_keys();
  EXPECT_EQ(keys.json,
            R"({"keys":[{"crv":"Ed25519","kty":"OKP",)"
            R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"sig","alg":"EdDSA",)"
            R"("kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},)"
            R"({"crv":"P-256","kty":"EC","x":"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y",)"
            R"("y":"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk","use":"sig","alg":"ES256",)"
            R"("kid":")" +
                row("ES256").make_key(rfc6979_pem())->thumbprint() + R"("}]})");
  EXPECT_NE(keys.etag, etag);
  EXPECT_EQ(keys.etag, ring.public_keys().etag);
  EXPECT_THAT(keys.json, Not(HasSubstr(base64url_encode(kSecret).substr(0, 8))));
  EXPECT_THAT(keys.json, Not(HasSubstr(kRfc8037Key.at("d").substr(0, 8))));
}

}  // namespace
}  // namespace latchkey::crypto
