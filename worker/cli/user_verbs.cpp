// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <utility>

#include "base/random.h"
#include "cli/admin_database.h"
#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/password_input.h"
#include "cli/password_parts.h"
#include "cli/progress.h"
#include "cli/user_commands.h"
#include "cli/user_view.h"
#include "config/load.h"
#include "db/users.h"
#include "service/administration.h"

namespace latchkey::cli {
namespace {

constexpr int kMaxLimit = 1'000'000'000;
constexpr int kSessionLimit = 100;
constexpr int kMaxSessionLimit = 10'000;
constexpr int kEventLimit = 50;
constexpr int kMaxEventLimit = 100'000;

// What every verb needs, put together by hand.
class Office {
 public:
  explicit Office(const Arguments& arguments)
      : settings_(
            config::load(environ, arguments.value("config"), config::Required::kMayBeMissing)),
        database_(settings_),
        users_(database_.database()),
        passwords_(settings_, random_),
        administration_({users_, passwords_.hasher(), passwords_.policy(), actor()}) {}

  service::Administration* operator->() { return &administration_; }

 private:
  config::Settings settings_;
  AdminDatabase database_;
  base::SystemRandom random_;
  db::PgUsers users_;
  PasswordParts passwords_;
  service::Administration administration_;
};

const std::string& only_name(const Arguments& arguments) {
  if (arguments.positional().size() != 1) throw UsageError("one NAME is needed");
  return arguments.positional().front();
}

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

// In place of the hint at --password-file, which an unknown option would get.
void refuse_password(const Arguments& arguments) {
  if (arguments.has("password"))
    throw UsageError("a password is never an argument: everybody can see those");
}

std::string ended(std::int64_t sessions) {
  return grouped(sessions) + (sessions == 1 ? " session" : " sessions") + " ended";
}

struct SortName {
  std::string_view name;
  db::UserSort sort;
};
constexpr std::array kSorts{SortName{"id", db::UserSort::kId},
                            SortName{"username", db::UserSort::kUsername},
                            SortName{"email", db::UserSort::kEmail}};

db::UserQuery query_of(const Arguments& arguments) {
  db::UserQuery query;
  if (arguments.has("active") && arguments.has("inactive"))
    throw UsageError("--active and --inactive: one of both");
  if (arguments.has("active")) query.is_active = true;
  if (arguments.has("inactive")) query.is_active = false;
  query.match = arguments.value("match");
  const std::string wanted = arguments.value("sort").value_or("id");
  for (const SortName& sort : kSorts) {
    if (sort.name != wanted) continue;
    query.sort = sort.sort;
    return query;
  }
  throw UsageError("--sort takes id, username or email");
}

}  // namespace

int list_users(const Words& words) {
  const Arguments arguments(words, {{"config"},
                                    {"active", false},
                                    {"inactive", false},
                                    {"match"},
                                    {"sort"},
                                    {"limit"},
                                    {"json", false}});
  if (!arguments.positional().empty()) throw UsageError("list takes options only");
  const db::UserQuery query = query_of(arguments);
  const int limit = arguments.number("limit", 0, 1, kMaxLimit);
  const bool is_json = arguments.has("json");
  Office office(arguments);
  // Only over what came: a database that cannot be asked is not an empty list.
  bool has_heading = is_json;
  const auto head = [&has_heading] {
    if (!std::exchange(has_heading, true)) print(user_heading());
  };
  office->list(query, limit, [&](const db::User& user) {
    head();
    print(is_json ? user_json(user) : user_row(user));
  });
  head();
  return kExitOk;
}

int show_user(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"json", false}});
  const std::string& name = only_name(arguments);
  const db::UserDetail detail = Office(arguments)->find(name);
  print(arguments.has("json") ? detail_json(detail) : detail_table(detail));
  return kExitOk;
}

int create_user(const Words& words) {
  const Arguments arguments(words,
                            {{"config"}, {"email"}, {"username"}, {"password"}, {"password-file"}});
  refuse_password(arguments);
  const auto email = arguments.value("email");
  const auto username = arguments.value("username");
  if (!arguments.positional().empty() || !email || !username)
    throw UsageError("create needs --email and --username");
  Office office(arguments);
  const auto file = arguments.value("password-file");
  if (!file) office->check_names(*email, *username);  // before anybody types for nothing
  const base::Secret password = new_password(file);
  print("User " + std::to_string(office->create(*email, *username, password)) + " is created.\n");
  return kExitOk;
}

int deactivate_user(const Words& words) {
  const Arguments arguments(words, {{"config"}});
  const std::string& name = only_name(arguments);
  const std::int64_t sessions = Office(arguments)->deactivate(name);
  print(sessions < 0 ? "The user was inactive already.\n"
                     : "The user is deactivated; " + ended(sessions) + ".\n");
  return kExitOk;
}

int activate_user(const Words& words) {
  const Arguments arguments(words, {{"config"}});
  const std::string& name = only_name(arguments);
  print(Office(arguments)->activate(name) ? "The user is active.\n"
                                          : "The user was active already.\n");
  return kExitOk;
}

int reset_password(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"password"}, {"password-file"}});
  refuse_password(arguments);
  const std::string& name = only_name(arguments);
  Office office(arguments);
  (void)office->find(name);  // before anybody types for nothing
  const base::Secret password = new_password(arguments.value("password-file"));
  print("The password is reset; " + ended(office->reset_password(name, password)) + ".\n");
  return kExitOk;
}

int list_user_sessions(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"limit"}, {"json", false}});
  const std::string& name = only_name(arguments);
  const int limit = arguments.number("limit", kSessionLimit, 1, kMaxSessionLimit);
  const bool is_json = arguments.has("json");
  const auto entries = Office(arguments)->list_sessions(name, limit);
  if (!is_json) print(session_table(entries));
  for (const db::SessionEntry& entry : entries)
    if (is_json) print(session_json(entry));
  return kExitOk;
}

int revoke_user_sessions(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"session"}, {"all", false}});
  const std::string& name = only_name(arguments);
  const auto session = arguments.value("session");
  if (session.has_value() == arguments.has("all"))
    throw UsageError("revoke needs --session or --all, one of both");
  Office office(arguments);
  if (session) {
    office->revoke_session(name, *session);
    print("The session is ended.\n");
  } else {
    print(ended(office->revoke_sessions(name)) + ".\n");
  }
  return kExitOk;
}

int show_user_audit(const Words& words) {
  const Arguments arguments(words, {{"config"}, {"limit"}, {"json", false}});
  const std::string& name = only_name(arguments);
  const int limit = arguments.number("limit", kEventLimit, 1, kMaxEventLimit);
  const bool is_json = arguments.has("json");
  const auto events = Office(arguments)->list_events(name, limit);
  if (!is_json) print(event_table(events));
  for (const db::AuditEvent& event : events)
    if (is_json) print(event_json(event));
  return kExitOk;
}

}  // namespace latchkey::cli
