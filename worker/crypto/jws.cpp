// SPDX-License-Identifier: Apache-2.0
#include "crypto/jws.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "crypto/base64url.h"
#include "crypto/sha256.h"

namespace latchkey::crypto {
namespace {

constexpr base::JsonLimits kHeaderLimits{.max_bytes = 1024, .max_depth = 4};

struct Segments {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_part;  // header, dot, payload
};

std::optional<Segments> split(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Segments{.header = token.substr(0, first),
                  .payload = token.substr(first + 1, second - first - 1),
                  .signature = token.substr(second + 1),
                  .signed_part = token.substr(0, second)};
}

std::string encode_header(std::string_view algorithm, std::string_view kid) {
  std::string json;
  base::JsonWriter(json)
      .begin_object()
      .key("alg")
      .string(algorithm)
      .key("typ")
      .string("JWT")
      .key("kid")
      .string(kid)
      .end_object();
  return base64url_encode(json);
}

// Case does not matter in a media type (RFC 7515, section 4.1.9).
bool is_jwt(std::string_view type) { return base::equals_ignoring_case(type, "JWT"); }

struct Header {
  std::string algorithm;
  std::optional<std::string> kid;
};

std::optional<Header> read_header(std::string_view encoded) {
  const auto json = base64url_decode(encoded);
  if (!json) return std::nullopt;
  try {
    const base::JsonObject object = base::parse_json_object(*json, kHeaderLimits);
    if (object.find("crit") != nullptr) return std::nullopt;
    if (object.find("typ") != nullptr && !is_jwt(object.find_string("typ").value_or(""))) {
      return std::nullopt;
    }
    const auto algorithm = object.find_string("alg");
    if (!algorithm) return std::nullopt;
    Header header{.algorithm = std::string(*algorithm), .kid = std::nullopt};
    if (object.find("kid") != nullptr) {
      const auto kid = object.find_string("kid");
      if (!kid) return std::nullopt;
      header.kid = std::string(*kid);
    }
    return header;
  } catch (const base::Error&) {
    return std::nullopt;  // not a JSON object; the reader's message would add nothing
  }
}

[[noreturn]] void refuse(std::string cause) {
  throw base::Error(base::ErrorCode::kInternalError).because(std::move(cause));
}

}  // namespace

const JwsKey& KeyRing::add(const JwsAlgorithm& algorithm, const base::Secret& material,
                           std::int64_t signs_from_ms, std::string_view kid) {
  auto key = algorithm.make_key(material);
  std::string name = kid.empty() ? key->thumbprint() : std::string(kid);
  if (std::ranges::find(entries_, name, &Entry::kid) != entries_.end()) {
    refuse("two keys of the ring have the name " + name);
  }
  std::string header = encode_header(algorithm.name, name);
  entries_.push_back(Entry{.kid = std::move(name),
                           .algorithm = &algorithm,
                           .signs_from_ms = signs_from_ms,
                           .key = std::move(key),
                           .encoded_header = std::move(header)});
  return *entries_.back().key;
}

const KeyRing::Entry* KeyRing::signer_at(std::int64_t at_ms) const {
  const Entry* signer = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.algorithm != signs_by_) continue;
    if (signer == nullptr || entry.signs_from_ms <= at_ms) signer = &entry;
  }
  return signer;
}

std::string_view KeyRing::signing_kid(std::int64_t at_ms) const {
  const Entry* const signer = signer_at(at_ms);
  return signer == nullptr ? std::string_view() : std::string_view(signer->kid);
}

std::string KeyRing::sign(std::string_view payload, std::int64_t at_ms) const {
  const Entry* const signer = signer_at(at_ms);
  if (signer == nullptr) refuse("the key ring has no key that may sign");
  std::string token = signer->encoded_header;
  token += '.';
  token += base64url_encode(payload);
  const std::string signature = signer->key->sign(token);
  token += '.';
  token += base64url_encode(signature);
  return token;
}

KeyRing::Candidates KeyRing::candidates_for(std::string_view encoded_header) const {
  // The header of nearly every token is one that this ring wrote: no need to read it again.
  for (const Entry& entry : entries_) {
    if (entry.encoded_header == encoded_header) return {JwsOutcome::kOk, {&entry}};
  }
  const auto header = read_header(encoded_header);
  if (!header) return {JwsOutcome::kMalformed, {}};
  Candidates candidates{JwsOutcome::kUnknownKey, {}};
  for (const Entry& entry : entries_) {
    if (entry.algorithm->name != header->algorithm) continue;
    if (header->kid && entry.kid != *header->kid) continue;
    candidates.outcome = JwsOutcome::kOk;
    candidates.entries.push_back(&entry);
  }
  return candidates;
}

JwsVerdict KeyRing::verify(std::string_view token) const {
  const auto segments = split(token);
  if (!segments) return {JwsOutcome::kMalformed, {}};
  const Candidates candidates = candidates_for(segments->header);
  if (candidates.outcome != JwsOutcome::kOk) return {candidates.outcome, {}};
  const auto signature = base64url_decode(segments->signature);
  auto payload = base64url_decode(segments->payload);
  if (!signature || !payload) return {JwsOutcome::kMalformed, {}};
  for (const Entry* entry : candidates.entries) {
    if (entry->key->verify(segments->signed_part, *signature)) {
      return {JwsOutcome::kOk, std::move(*payload)};
    }
  }
  return {JwsOutcome::kBadSignature, {}};
}

// Those that do not sign yet are among them, so that whoever caches the set has them in time. A
// shared secret has no public members, and so no place here.
PublicKeys KeyRing::public_keys() const {
  PublicKeys keys;
  base::JsonWriter json(keys.json);
  json.begin_object().key("keys").begin_array();
  for (const Entry& entry : entries_) {
    const JwkMembers members = entry.key->public_members();
    if (members.empty()) continue;
    json.begin_object();
    for (const auto& [name, value] : members) json.key(name).string(value);
    json.key("use").string("sig").key("alg").string(entry.algorithm->name);
    json.key("kid").string(entry.kid).end_object();
  }
  json.end_array().end_object();
  keys.etag = '"' + base64url_encode(Sha256(keys.json).bytes()) + '"';
  return keys;
}

}  // namespace latchkey::crypto
