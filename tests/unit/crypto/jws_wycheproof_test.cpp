// SPDX-License-Identifier: Apache-2.0

// Project Wycheproof's cases for JWS in compact form, by every algorithm that we have.

#include <map>

#include <gtest/gtest.h>

#include "crypto/base64url.h"
#include "crypto/jws.h"
#include "jwk_pem.h"
#include "vectors.h"

namespace latchkey::crypto {
namespace {

// Cases whose expectation in the file is not the one to hold.
const std::map<int, const char*> kSkipped{
    {367, "called invalid, but identical to the valid case 357"},
    {370, "called invalid, but identical to the valid case 357"},
    {372, "called valid with a stray '?' in the header"},
    {373, "called valid with a stray '?' in the payload"},
};

struct Count {
  int held = 0;
  int skipped = 0;
};

void check(const KeyRing& ring, const nlohmann::json& test, Count& count) {
  const int id = test.at("tcId").get<int>();
  if (kSkipped.contains(id)) {
    ++count.skipped;
    return;
  }
  ++count.held;
  const JwsVerdict verdict = ring.verify(text_of(test, "jws"));
  EXPECT_EQ(verdict.outcome == JwsOutcome::kOk, text_of(test, "result") == "valid")
      << "tcId " << id << ": " << text_of(test, "comment");
}

Jwk members_of(const nlohmann::json& key) {
  Jwk jwk;
  for (const auto& [name, value] : key.items()) {
    if (value.is_string()) jwk[name] = value.get<std::string>();
  }
  return jwk;
}

// The groups whose key is of this algorithm. Their other half, of keys that are not to sign (a use
// of "enc", no "alg"), is about reading JWK, which nothing here does.
Count count_held(std::string_view algorithm) {
  Count count;
  const auto vectors = read_vectors("wycheproof/json_web_signature_test.json");
  for_each_in(vectors, "testGroups", [&](const nlohmann::json& group) {
    const Jwk jwk = members_of(group.value("private", nlohmann::json::object()));
    if (!jwk.contains("alg") || jwk.at("alg") != algorithm) return;
    const JwsAlgorithm& row = *find_jws_algorithm(algorithm);
    KeyRing ring(row);
    ring.add(row, jwk_pem(jwk), 0, jwk.at("kid"));
    for_each_in(group, "tests", [&](const nlohmann::json& test) { check(ring, test, count); });
  });
  return count;
}

TEST(JwsWycheproofTest, HoldsForHs256) {
  const Count count = count_held("HS256");
  EXPECT_EQ(count.held, 36);
  EXPECT_EQ(count.skipped, 4);
}

TEST(JwsWycheproofTest, HoldsForEs256) {
  const Count count = count_held("ES256");
  EXPECT_EQ(count.held, 39);
  EXPECT_EQ(count.skipped, 0);
}

TEST(JwsWycheproofTest, HoldsForRs256) {
  const Count count = count_held("RS256");
  EXPECT_EQ(count.held, 233);
  EXPECT_EQ(count.skipped, 0);
}

// There are no JWS of EdDSA in that file: the bare signatures of one key, nearly all that are
// invalid among them. Its private half stood in older versions of the file.
TEST(JwsWycheproofTest, HoldsForEdDsa) {
  constexpr const char* kPublic =
      "7d4d0e7f6153a69b6242b522abbee685fda4420f8834b108c3bdae369ef549fa";
  const auto key = find_jws_algorithm("EdDSA")->make_key(
      ed25519_pem(from_hex("add4bb8103785baf9ac534258e8aaf65f5f1adb5ef5f3df19bb80ab989c4d64b")));
  const JwkMembers members = key->public_members();
  ASSERT_EQ(members.back().second, base64url_encode(from_hex(kPublic)));
  int held = 0;
  const auto vectors = read_vectors("wycheproof/ed25519_test.json");
  for_each_in(vectors, "testGroups", [&](const nlohmann::json& group) {
    if (text_of(group.at("publicKey"), "pk") != kPublic) return;
    for_each_in(group, "tests", [&](const nlohmann::json& test) {
      const bool is_good =
          key->verify(from_hex(text_of(test, "msg")), from_hex(text_of(test, "sig")));
      EXPECT_EQ(is_good, text_of(test, "result") == "valid")
          << "tcId " << test.at("tcId").get<int>();
      ++held;
    });
  });
  EXPECT_EQ(held, 70);
}

// Whatever the file says of them, a stray character is no base64url.
TEST(JwsWycheproofTest, RefusesTheStrayCharactersOfTheSkippedCases) {
  const JwsAlgorithm& hs256 = *find_jws_algorithm("HS256");
  KeyRing ring(hs256);
  ring.add(hs256, base::Secret(std::string(32, '\0')), 0, "hs256-key");
  const std::string header = "eyJraWQiOiJoczI1Ni1rZXkiLCJhbGciOiJIUzI1NiJ";
  const std::string tag = ".c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8";
  EXPECT_EQ(ring.verify(header + "9.VGVzdA" + tag).outcome, JwsOutcome::kOk);
  EXPECT_EQ(ring.verify(header + "?9.VGVzdA" + tag).outcome, JwsOutcome::kMalformed);
  EXPECT_EQ(ring.verify(header + "9.VGVzdA?" + tag).outcome, JwsOutcome::kMalformed);
}

}  // namespace
}  // namespace latchkey::crypto
