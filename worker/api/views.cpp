// SPDX-License-Identifier: Apache-2.0
#include "api/views.h"

#include <string>
#include <utility>

#include "base/json_writer.h"
#include "base/timestamp.h"
#include "service/device.h"
#include "service/network_class.h"

namespace latchkey::api {
namespace {

using base::JsonWriter;

void write_user(JsonWriter& json, const db::User& user) {
  json.begin_object();
  json.key("id").integer(user.id);
  json.key("email").string(user.email);
  json.key("username").string(user.username);
  json.key("is_active").boolean(user.is_active);
  json.key("created_at").string(base::format_timestamp(user.created_at_ms));
  json.key("updated_at").string(base::format_timestamp(user.updated_at_ms));
  json.key("last_login");
  if (user.last_login_ms) {
    json.string(base::format_timestamp(*user.last_login_ms));
  } else {
    json.null();
  }
  json.end_object();
}

// An empty text is shown as null: the database did not know.
void write_known(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.string(text);
  }
}

void write_session(JsonWriter& json, const db::SessionEntry& entry, bool is_current) {
  json.begin_object();
  json.key("id").string(entry.id.text());
  json.key("created_at").string(base::format_timestamp(entry.created_at_ms));
  json.key("last_used_at").string(base::format_timestamp(entry.last_used_at_ms));
  json.key("expires_at").string(base::format_timestamp(entry.expires_at_ms));
  write_known(json, "ip", entry.ip);
  write_known(json, "user_agent", entry.user_agent);
  write_known(json, "device", service::device_of(entry.user_agent));
  write_known(json, "network", service::network_class_of(entry.ip));
  json.key("current").boolean(is_current);
  json.end_object();
}

http::Response private_json(int status, std::string body) {
  http::Response response = http::Response::json(status, std::move(body));
  response.add_header("Cache-Control", "no-store");
  return response;
}

}  // namespace

http::Response user_response(const db::User& user) {
  std::string body;
  JsonWriter json(body);
  write_user(json, user);
  return private_json(200, std::move(body));
}

http::Response token_response(int status, const service::TokenPair& tokens, const db::User& user) {
  std::string body;
  body.reserve(1536);
  JsonWriter json(body);
  json.begin_object();
  json.key("access_token").string(tokens.access_token);
  json.key("refresh_token").string(tokens.refresh_token);
  json.key("token_type").string("bearer");
  json.key("expires_in").integer(tokens.access_expires_in_s);
  json.key("refresh_expires_in").integer(tokens.refresh_expires_in_s);
  json.key("user");
  write_user(json, user);
  json.end_object();
  return private_json(status, std::move(body));
}

http::Response session_list_response(const std::vector<db::SessionEntry>& entries,
                                     const base::Uuid& current) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("sessions").begin_array();
  for (const db::SessionEntry& entry : entries) write_session(json, entry, entry.id == current);
  json.end_array().end_object();
  return private_json(200, std::move(body));
}

http::Response message_response(std::string_view message) {
  std::string body;
  JsonWriter(body).begin_object().key("message").string(message).end_object();
  return private_json(200, std::move(body));
}

}  // namespace latchkey::api
