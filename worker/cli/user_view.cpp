// SPDX-License-Identifier: Apache-2.0
#include "cli/user_view.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/json_writer.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "cli/progress.h"
#include "service/device.h"
#include "service/network_class.h"

namespace latchkey::cli {
namespace {

constexpr std::size_t kIdWidth = 8;
constexpr std::size_t kNameWidth = 20;
constexpr std::size_t kTimeWidth = 16;
constexpr std::size_t kStateWidth = 8;
constexpr std::size_t kUuidWidth = 36;
constexpr std::size_t kAddressWidth = 15;
constexpr std::size_t kNetworkWidth = 7;
constexpr std::size_t kEventWidth = 25;
constexpr std::size_t kDeviceWidth = 20;
constexpr std::size_t kDetailWidth = 16;
constexpr std::size_t kMaxAgentBytes = 80;

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out + "  ";
}

std::string right(std::string_view text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + std::string(text) + "  ";
}

// "2026-02-19 10:30", which is UTC.
std::string short_time(std::optional<std::int64_t> epoch_ms) {
  if (!epoch_ms) return "never";
  std::string text = base::format_timestamp(*epoch_ms).substr(0, kTimeWidth);
  text[10] = ' ';
  return text;
}

std::string_view state_of(const db::User& user) { return user.is_active ? "active" : "inactive"; }

void write_time(base::JsonWriter& json, std::string_view name,
                std::optional<std::int64_t> epoch_ms) {
  json.key(name);
  if (epoch_ms) {
    json.string(base::format_timestamp(*epoch_ms));
  } else {
    json.null();
  }
}

void write_user(base::JsonWriter& json, const db::User& user) {
  json.key("id").integer(user.id);
  json.key("email").string(user.email).key("username").string(user.username);
  json.key("is_active").boolean(user.is_active);
  write_time(json, "created_at", user.created_at_ms);
  write_time(json, "updated_at", user.updated_at_ms);
  write_time(json, "last_login", user.last_login_ms);
}

// What a user would recognise, or else the text of the stranger, cut.
std::string device_or_agent(std::string_view user_agent) {
  std::string device = service::device_of(user_agent);
  return device.empty() ? base::make_presentable(user_agent, kMaxAgentBytes) : device;
}

// Wide enough for each, since one address of IPv6 would push what is behind it out of its column.
template <typename Entry>
std::size_t width_of_addresses(const std::vector<Entry>& entries) {
  std::size_t width = kAddressWidth;
  for (const Entry& entry : entries) width = std::max(width, entry.ip.size());
  return width;
}

// One object and a newline.
template <typename Write>
std::string json_line(Write write) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  write(json);
  json.end_object();
  return text + '\n';
}

}  // namespace

std::string user_heading() {
  return right("ID", kIdWidth) + padded("USERNAME", kNameWidth) + padded("STATE", kStateWidth) +
         padded("CREATED", kTimeWidth) + padded("LAST LOGIN", kTimeWidth) + "EMAIL\n";
}

std::string user_row(const db::User& user) {
  return right(std::to_string(user.id), kIdWidth) + padded(user.username, kNameWidth) +
         padded(state_of(user), kStateWidth) + padded(short_time(user.created_at_ms), kTimeWidth) +
         padded(short_time(user.last_login_ms), kTimeWidth) + user.email + '\n';
}

std::string user_json(const db::User& user) {
  return json_line([&user](base::JsonWriter& json) { write_user(json, user); });
}

std::string detail_table(const db::UserDetail& detail) {
  const db::User& user = detail.user;
  return "Id             " + std::to_string(user.id) + "\nUsername       " + user.username +
         "\nEmail          " + user.email + "\nState          " + std::string(state_of(user)) +
         "\nCreated        " + short_time(user.created_at_ms) + "\nUpdated        " +
         short_time(user.updated_at_ms) + "\nLast login     " + short_time(user.last_login_ms) +
         "\nPassword       " + detail.password_scheme + "\nSessions       " +
         grouped(detail.live_sessions) + " live, " +
         grouped(detail.kept_sessions - detail.live_sessions) + " over\n";
}

std::string detail_json(const db::UserDetail& detail) {
  return json_line([&detail](base::JsonWriter& json) {
    write_user(json, detail.user);
    json.key("password_scheme").string(detail.password_scheme);
    json.key("live_sessions").integer(detail.live_sessions);
    json.key("kept_sessions").integer(detail.kept_sessions);
  });
}

std::string session_table(const std::vector<db::SessionEntry>& entries) {
  const std::size_t address_width = width_of_addresses(entries);
  std::string out = padded("SESSION", kUuidWidth) + padded("CREATED", kTimeWidth) +
                    padded("LAST USED", kTimeWidth) + padded("EXPIRES", kTimeWidth) +
                    padded("ADDRESS", address_width) + padded("NETWORK", kNetworkWidth) +
                    "DEVICE\n";
  for (const db::SessionEntry& entry : entries) {
    out += padded(entry.id.text(), kUuidWidth) +
           padded(short_time(entry.created_at_ms), kTimeWidth) +
           padded(short_time(entry.last_used_at_ms), kTimeWidth) +
           padded(short_time(entry.expires_at_ms), kTimeWidth) + padded(entry.ip, address_width) +
           padded(service::network_class_of(entry.ip), kNetworkWidth) +
           device_or_agent(entry.user_agent) + '\n';
  }
  return out;
}

std::string session_json(const db::SessionEntry& entry) {
  return json_line([&entry](base::JsonWriter& json) {
    json.key("id").string(entry.id.text());
    write_time(json, "created_at", entry.created_at_ms);
    write_time(json, "last_used_at", entry.last_used_at_ms);
    write_time(json, "expires_at", entry.expires_at_ms);
    json.key("ip").string(entry.ip).key("user_agent").string(entry.user_agent);
    json.key("device").string(service::device_of(entry.user_agent));
    json.key("network").string(service::network_class_of(entry.ip));
  });
}

std::string event_table(const std::vector<db::AuditEvent>& events) {
  const std::size_t address_width = width_of_addresses(events);
  std::string out = padded("TIME", kTimeWidth) + padded("EVENT", kEventWidth) +
                    padded("ADDRESS", address_width) + padded("DEVICE OR WHO", kDeviceWidth) +
                    padded("DETAIL", kDetailWidth) + "REQUEST\n";
  for (const db::AuditEvent& event : events) {
    const std::string who = event.actor.empty() ? device_or_agent(event.user_agent) : event.actor;
    out += padded(short_time(event.at_ms), kTimeWidth) + padded(event.event, kEventWidth) +
           padded(event.ip, address_width) + padded(who, kDeviceWidth) +
           padded(event.detail, kDetailWidth) + event.request_id + '\n';
  }
  return out;
}

std::string event_json(const db::AuditEvent& event) {
  return json_line([&event](base::JsonWriter& json) {
    write_time(json, "at", event.at_ms);
    json.key("event").string(event.event).key("detail").string(event.detail);
    json.key("session_id").string(event.session_id).key("ip").string(event.ip);
    json.key("user_agent").string(event.user_agent);
    json.key("request_id").string(event.request_id).key("actor").string(event.actor);
  });
}

std::string refusal_line(const service::ImportRefusal& refusal) {
  return "line " + std::to_string(refusal.line) + ": " + refusal.fault.code + ": " +
         refusal.fault.message + '\n';
}

std::string refusal_json(const service::ImportRefusal& refusal) {
  return json_line([&refusal](base::JsonWriter& json) {
    json.key("line").integer(refusal.line).key("code").string(refusal.fault.code);
    json.key("message").string(refusal.fault.message);
  });
}

std::string import_summary(const service::ImportCounts& counts, bool is_dry_run) {
  return grouped(counts.taken) + (counts.taken == 1 ? " user " : " users ") +
         (is_dry_run ? "would be imported, " : "imported, ") + grouped(counts.refused) +
         (counts.refused == 1 ? " line" : " lines") + " refused.\n";
}

std::string import_summary_json(const service::ImportCounts& counts, bool is_dry_run) {
  return json_line([&](base::JsonWriter& json) {
    json.key("imported").integer(counts.taken).key("refused").integer(counts.refused);
    json.key("dry_run").boolean(is_dry_run);
  });
}

}  // namespace latchkey::cli
