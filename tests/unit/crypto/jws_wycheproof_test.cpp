// SPDX-License-Identifier: Apache-2.0

// Project Wycheproof's cases for JWS, those in compact form by HS256.

#include <map>

#include <gtest/gtest.h>

#include "crypto/base64url.h"
#include "crypto/jws.h"
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

void check(const KeyRing& ring, const Poco::JSON::Object& test, Count& count) {
  const int id = test.getValue<int>("tcId");
  if (kSkipped.contains(id)) {
    ++count.skipped;
    return;
  }
  ++count.held;
  const JwsVerdict verdict = ring.verify(test.getValue<std::string>("jws"));
  EXPECT_EQ(verdict.outcome == JwsOutcome::kOk, test.getValue<std::string>("result") == "valid")
      << "tcId " << id << ": " << test.getValue<std::string>("comment");
}

TEST(JwsWycheproofTest, HoldsForHs256) {
  Count count;
  const auto vectors = read_vectors("wycheproof/json_web_signature_test.json");
  for_each_in(*vectors, "testGroups", [&count](const Poco::JSON::Object& group) {
    const auto key = group.getObject("private");
    if (!key || key->getValue<std::string>("kty") != "oct") return;
    KeyRing ring;
    ring.add(*find_jws_algorithm(key->getValue<std::string>("alg")),
             base::Secret(base64url_decode(key->getValue<std::string>("k")).value_or("")),
             key->getValue<std::string>("kid"));
    for_each_in(group, "tests", [&](const Poco::JSON::Object& test) { check(ring, test, count); });
  });
  EXPECT_EQ(count.held, 36);
  EXPECT_EQ(count.skipped, 4);
}

// Whatever the file says of them, a stray character is no base64url.
TEST(JwsWycheproofTest, RefusesTheStrayCharactersOfTheSkippedCases) {
  KeyRing ring;
  ring.add(*find_jws_algorithm("HS256"), base::Secret(std::string(32, '\0')), "hs256-key");
  const std::string header = "eyJraWQiOiJoczI1Ni1rZXkiLCJhbGciOiJIUzI1NiJ";
  const std::string tag = ".c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8";
  EXPECT_EQ(ring.verify(header + "9.VGVzdA" + tag).outcome, JwsOutcome::kOk);
  EXPECT_EQ(ring.verify(header + "?9.VGVzdA" + tag).outcome, JwsOutcome::kMalformed);
  EXPECT_EQ(ring.verify(header + "9.VGVzdA?" + tag).outcome, JwsOutcome::kMalformed);
}

}  // namespace
}  // namespace latchkey::crypto
