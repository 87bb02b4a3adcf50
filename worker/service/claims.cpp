// SPDX-License-Identifier: Apache-2.0
#include "service/claims.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "base/error.h"
#include "base/json_reader.h"
#include "base/json_writer.h"

namespace latchkey::service {
namespace {

constexpr base::JsonLimits kPayloadLimits{.max_bytes = 2048, .max_depth = 2};

// A positive number without sign or leading zeros: the one way that we write it.
std::optional<std::int64_t> parse_user_id(std::string_view text) {
  std::int64_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (!is_whole || id <= 0 || text.front() == '0') return std::nullopt;
  return id;
}

std::optional<db::Caller> read_caller(const base::JsonObject& object) {
  const auto subject = object.find_string("sub");
  const auto session = object.find_string("sid");
  if (!subject || !session) return std::nullopt;
  const auto user_id = parse_user_id(*subject);
  const auto session_id = base::Uuid::parse(*session);
  if (!user_id || !session_id) return std::nullopt;
  return db::Caller{*session_id, *user_id};
}

// A payload to the letter as write_claims writes it, as nearly every one is, needs no parser. What
// is written otherwise, or holds anything but plain ASCII, is left to the parser: an optimisation
// that says no costs time and refuses nothing.
class OwnSpelling {
 public:
  explicit OwnSpelling(std::string_view payload) : rest_(payload) {}

  std::optional<Claims> read() {
    Claims claims;
    const bool is_ours = text(R"({"iss":")", claims.issuer) && caller(claims.caller) &&
                         text(R"(,"jti":")", claims.token_id) &&
                         number(R"(,"iat":)", claims.issued_at_s) &&
                         number(R"(,"exp":)", claims.expires_at_s) &&
                         text(R"(,"type":")", claims.type) && rest_ == "}";
    if (!is_ours || claims.token_id.empty()) return std::nullopt;
    return claims;
  }

 private:
  bool skip(std::string_view words) {
    if (!rest_.starts_with(words)) return false;
    rest_.remove_prefix(words.size());
    return true;
  }

  bool text(std::string_view before, std::string& value) {
    if (!skip(before)) return false;
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    const auto end = std::ranges::find_if_not(rest_, is_plain);
    value.assign(rest_.begin(), end);
    rest_.remove_prefix(value.size());
    return skip("\"");
  }

  bool number(std::string_view before, std::int64_t& value) {
    if (!skip(before) || rest_.empty() || rest_.front() < '1' || rest_.front() > '9') return false;
    const auto parsed = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (parsed.ec != std::errc()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest_.data()));
    return true;
  }

  bool caller(db::Caller& caller) {
    std::string subject;
    std::string session;
    if (!text(R"(,"sub":")", subject) || !text(R"(,"sid":")", session)) return false;
    const auto user_id = parse_user_id(subject);
    const auto session_id = base::Uuid::parse(session);
    if (!user_id || !session_id) return false;
    caller = {*session_id, *user_id};
    return true;
  }

  std::string_view rest_;
};

std::optional<Claims> read_object(const base::JsonObject& object) {
  const auto issuer = object.find_string("iss");
  const auto caller = read_caller(object);
  const auto token_id = object.find_string("jti");
  const auto issued_at = object.find_integer("iat");
  const auto expires_at = object.find_integer("exp");
  const auto type = object.find_string("type");
  const auto not_before = object.find_integer("nbf");
  const bool is_whole = issuer && caller && token_id && issued_at && expires_at && type;
  if (!is_whole || token_id->empty()) return std::nullopt;
  if (!not_before && object.find("nbf") != nullptr) return std::nullopt;
  return Claims{
      .issuer = std::string(*issuer),
      .caller = *caller,
      .token_id = std::string(*token_id),
      .issued_at_s = *issued_at,
      .expires_at_s = *expires_at,
      .not_before_s = not_before.value_or(0),
      .type = std::string(*type),
  };
}

}  // namespace

std::string write_claims(const Claims& claims) {
  std::string payload;
  payload.reserve(256);
  base::JsonWriter json(payload);
  json.begin_object();
  json.key("iss").string(claims.issuer);
  json.key("sub").string(std::to_string(claims.caller.user_id));
  json.key("sid").string(claims.caller.session_id.text());
  json.key("jti").string(claims.token_id);
  json.key("iat").integer(claims.issued_at_s);
  json.key("exp").integer(claims.expires_at_s);
  json.key("type").string(claims.type);
  json.end_object();
  return payload;
}

std::optional<Claims> read_claims(std::string_view payload) {
  if (payload.size() > kPayloadLimits.max_bytes) return std::nullopt;
  if (auto claims = OwnSpelling(payload).read()) return claims;
  try {
    return read_object(base::parse_json_object(payload, kPayloadLimits));
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

}  // namespace latchkey::service
