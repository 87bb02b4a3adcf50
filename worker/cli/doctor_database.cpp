// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_database.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "db/health.h"
#include "db/required_functions.h"

namespace latchkey::cli {
namespace {

constexpr std::int32_t kLeastVersion = 130000;
constexpr std::int64_t kSkewWarnMs = 1'000;
constexpr std::int64_t kSkewFailMs = 30'000;
// A rolling restart has two workers in one slot for a moment, in each pool.
constexpr std::int64_t kSpareConnections = 2;

// What sql/deploy/roles.sql gives the workers' role.
constexpr std::array<std::string_view, 6> kRoleSettings{
    "search_path",  "TimeZone",          "default_transaction_isolation",
    "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"};

constexpr const char* kDeploy =
    R"(Run "sqitch deploy" in sql/, then "sqitch verify"; see sql/README.md.)";
constexpr const char* kRoles =
    "Run sql/deploy/roles.sql once more, as superuser: it is harmless at any time.";

template <typename T>
Finding unanswered(std::string_view check, std::string_view what, const db::Answer<T>& answer) {
  return could_not_ask(check, std::string(what) + " could not be asked for: " + answer.reason + ".",
                       "Mend what the other findings say, and ask again.");
}

void append(std::string& list, std::string_view item) {
  if (!list.empty()) list += ", ";
  list += item;
}

// "3.2 s"
std::string seconds(std::int64_t ms) {
  return std::to_string(ms / 1000) + '.' + std::to_string(ms % 1000 / 100) + " s";
}

// libpq says a line for each address that it tried; behind a tab it asks whether the server runs.
std::string without_questions(std::string_view words) {
  std::string lines;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('\n'), words.size());
    const std::string_view line = words.substr(0, end);
    if (!line.empty() && line.front() != '\t') append(lines, line);
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return lines;
}

bool takes_writes(const db::ServerLook& server) {
  return !server.unreachable && server.state && !server.state->is_read_only;
}

bool is_reached(const db::ServerLook& server) { return !server.unreachable; }

// One of several may be down without harm: its failure is then a warning.
Finding judge_host(const db::ServerLook& server, bool another_takes_writes) {
  if (server.unreachable) {
    std::string found =
        server.host + ": unreachable: " + without_questions(*server.unreachable) + ".";
    const char* const advice =
        "See whether the server runs, lets this machine and role in (pg_hba.conf, password, "
        "connection limits), and whether DATABASE_URL is right.";
    return another_takes_writes ? warning("host", std::move(found), advice)
                                : failure("host", std::move(found), advice);
  }
  if (!server.state) return unanswered("host", server.host + ": its state", server.state);
  if (server.state->is_standby) return ok("host", server.host + ": a standby.");
  if (server.state->is_read_only) {
    return failure("host", server.host + ": is no standby, and read-only by its settings.",
                   "See default_transaction_read_only of server, database and role.");
  }
  return ok("host", server.host + ": takes writes.");
}

bool has_all_functions(const std::vector<db::FunctionGrant>& functions, std::string& missing,
                       std::string& refused) {
  for (const std::string_view signature : db::kRequiredFunctions) {
    const auto found = std::ranges::find(functions, signature, &db::FunctionGrant::signature);
    if (found == functions.end()) {
      append(missing, signature);
    } else if (!found->may_execute) {
      append(refused, signature);
    }
  }
  return missing.empty() && refused.empty();
}

bool is_expected(std::string_view signature) {
  const auto is_it = [signature](std::string_view known) { return known == signature; };
  return std::ranges::any_of(db::kRequiredFunctions, is_it) ||
         std::ranges::any_of(db::kFormerFunctions, is_it);
}

std::string surplus_of(const std::vector<db::FunctionGrant>& functions) {
  std::string surplus;
  for (const db::FunctionGrant& function : functions) {
    if (function.may_execute && !is_expected(function.signature)) {
      append(surplus, function.signature);
    }
  }
  return surplus;
}

// The tightest of what bounds the connections of the role, and its name.
struct Room {
  std::int64_t size;
  const char* name;
};

Room tightest(const db::Connections& seen) {
  Room room{seen.max - seen.reserved, "max_connections less what is reserved"};
  if (seen.role_limit >= 0 && seen.role_limit < room.size)
    room = {seen.role_limit, "the connection limit of the role"};
  if (seen.database_limit >= 0 && seen.database_limit < room.size)
    room = {seen.database_limit, "the connection limit of the database"};
  return room;
}

}  // namespace

Findings judge_hosts(const std::vector<db::ServerLook>& servers) {
  const auto primaries = std::ranges::count_if(servers, takes_writes);
  Findings findings;
  for (const db::ServerLook& server : servers)
    findings.push_back(judge_host(server, primaries > 0));
  if (primaries == 0 && std::ranges::any_of(servers, is_reached)) {
    findings.push_back(failure("primary", "No host of DATABASE_URL takes writes.",
                               "After a failover: promote a standby, or name the new primary in "
                               "DATABASE_URL; see \"Failover\" in docs/database.md."));
  }
  if (primaries > 1) {
    findings.push_back(
        failure("primary", "More than one host takes writes.",
                "Unless both names lead to one server, stop the old primary at once: "
                "workers use the first of them; see \"Failover\" in "
                "docs/database.md."));
  }
  return findings;
}

Finding judge_tls(const db::ServerLook& server) {
  if (!server.transport) return unanswered("tls", server.host + ": TLS", server.transport);
  const db::Transport& seen = *server.transport;
  if (seen.is_local) return ok("tls", server.host + ": the connection stays on this machine.");
  constexpr const char* kAdvice =
      "Put sslmode=verify-full and sslrootcert=FILE into DATABASE_URL, and have hostssl only in "
      "pg_hba.conf.";
  if (!seen.is_encrypted) {
    return failure("tls", server.host + ": passwords and hashes cross the network without TLS.",
                   kAdvice);
  }
  if (seen.sslmode != "verify-full") {
    return warning("tls",
                   server.host + ": TLS with sslmode=" + seen.sslmode +
                       ", which does not make sure whom it speaks to.",
                   kAdvice);
  }
  if (!seen.server_sees_tls) {
    return warning("tls", server.host + ": TLS to the pooler, and none from there to the server.",
                   "Unless both are on one machine, set server_tls_sslmode of the pooler.");
  }
  return ok("tls", server.host + ": TLS, the server's name verified.");
}

Finding judge_clock(const db::ServerLook& server) {
  if (!server.clock) return unanswered("clock", server.host + ": its clock", server.clock);
  const std::int64_t ahead_ms = server.clock->ahead_ms;
  // Less what the way there and back may account for.
  const std::int64_t skew_ms = std::abs(ahead_ms) - server.clock->round_trip_ms / 2;
  const std::string found = server.host + ": this machine's clock is " +
                            seconds(std::abs(ahead_ms)) + (ahead_ms < 0 ? " behind" : " ahead of") +
                            " the server's.";
  constexpr const char* kAdvice =
      "Have NTP on both machines: timedatectl, chronyc tracking. Sessions end by the server's "
      "clock, access tokens by this machine's.";
  if (skew_ms > kSkewFailMs) return failure("clock", found, kAdvice);
  if (skew_ms > kSkewWarnMs) return warning("clock", found, kAdvice);
  return ok("clock", server.host + ": its clock and this machine's agree.");
}

Finding judge_version(const db::ServerLook& server) {
  if (!server.state) return unanswered("version", "The version of the server", server.state);
  const std::int32_t version = server.state->version;
  const std::string name =
      "PostgreSQL " + std::to_string(version / 10000) + '.' + std::to_string(version % 10000);
  if (version < kLeastVersion)
    return failure("version", name + " is too old.", "Upgrade it: 13 or later is needed.");
  return ok("version", name + ".");
}

Finding judge_schema(const db::ServerLook& server) {
  const std::string needed = std::to_string(db::kRequiredSchemaVersion);
  if (!server.schema) {
    // 3F000: there is no such schema; 42883: no such function; 42501: not granted.
    const std::string& reason = server.schema.reason;
    for (const char* const sqlstate : {"3F000", "42883", "42501"}) {
      if (!reason.ends_with(sqlstate)) continue;
      return failure("schema", "latchkey.readiness() cannot be called: " + reason + ".", kDeploy);
    }
    return unanswered("schema", "The version of the schema", server.schema);
  }
  const std::string version = std::to_string(server.schema->version);
  if (server.schema->version < db::kRequiredSchemaVersion) {
    return failure("schema", "The schema has version " + version + "; " + needed + " is needed.",
                   kDeploy);
  }
  return ok("schema", "The schema has version " + version + "; " + needed + " is needed.");
}

Finding judge_functions(const db::ServerLook& server) {
  if (!server.functions)
    return unanswered("functions", "The functions of the schema", server.functions);
  std::string missing;
  std::string refused;
  if (!has_all_functions(*server.functions, missing, refused)) {
    std::string found;
    if (!missing.empty()) found = "Missing in the schema: " + missing + ".";
    if (!refused.empty()) {
      found += found.empty() ? "" : " ";
      found += "May not be executed: " + refused + ".";
    }
    return failure("functions", found,
                   missing.empty() ? "GRANT EXECUTE ON FUNCTION latchkey.… TO the role of "
                                     "DATABASE_URL, latchkey_app; \"sqitch verify\" in sql/ says "
                                     "what else is not as deployed."
                                   : kDeploy);
  }
  const std::string surplus = surplus_of(*server.functions);
  // A schema that is ahead of the program has functions that this version does not know.
  const bool is_ours = server.schema && server.schema->version == db::kRequiredSchemaVersion;
  if (is_ours && !surplus.empty()) {
    return warning("functions",
                   "May be executed, and this program calls them not: " + surplus + ".",
                   "REVOKE EXECUTE ON FUNCTION latchkey.… FROM latchkey_app (or PUBLIC).");
  }
  return ok("functions", "All " + std::to_string(db::kRequiredFunctions.size()) +
                             " functions are there and may be executed.");
}

Finding judge_tables(const db::ServerLook& server) {
  if (!server.open_tables)
    return unanswered("tables", "The privileges on tables", server.open_tables);
  if (server.open_tables->empty()) return ok("tables", "The role may not touch any table.");
  std::string names;
  for (const std::string& name : *server.open_tables) append(names, name);
  return failure("tables", "The role has privileges on tables or sequences: " + names + ".",
                 "REVOKE ALL ON … FROM latchkey_app (or PUBLIC): a worker that is taken over could "
                 "read the users out.");
}

Finding judge_role(const db::ServerLook& server) {
  if (!server.role) return unanswered("role", "The attributes of the role", server.role);
  const db::Role& role = *server.role;
  std::string surplus;
  for (const std::string& attribute : role.attributes) append(surplus, attribute);
  if (role.owns_database) append(surplus, "owner of the database");
  if (role.owns_schema) append(surplus, "owner of the schema");
  if (role.may_create_in_schema) append(surplus, "CREATE in the schema");
  if (!surplus.empty()) {
    return failure("role", "The role " + role.name + " has more than it should: " + surplus + ".",
                   "Use latchkey_app as sql/deploy/roles.sql makes it, in DATABASE_URL; take back "
                   "what it was given (ALTER ROLE, REVOKE).");
  }
  if (!role.may_use_schema) {
    return failure("role", "The role " + role.name + " may not use the schema latchkey.",
                   "GRANT USAGE ON SCHEMA latchkey TO latchkey_app, and see \"functions\".");
  }
  if (!role.memberships.empty()) {
    return warning("role", "The role " + role.name + " is a member of " + role.memberships + ".",
                   "REVOKE … FROM " + role.name + ": it needs no membership.");
  }
  return ok("role", "The role " + role.name + " may do what it needs and no more.");
}

Finding judge_role_settings(const db::ServerLook& server) {
  if (!server.role_settings)
    return unanswered("role_settings", "The settings of the role", server.role_settings);
  std::string missing;
  for (const std::string_view name : kRoleSettings) {
    const bool is_there =
        std::ranges::any_of(*server.role_settings, [name](const db::RoleSetting& setting) {
          return base::equals_ignoring_case(setting.name, name);
        });
    if (!is_there) append(missing, name);
  }
  if (!missing.empty())
    return warning("role_settings", "The role has no setting of its own for " + missing + ".",
                   kRoles);
  return ok("role_settings", "Timeouts, time zone and search_path of the role are set.");
}

Finding judge_connections(const db::ServerLook& server, const DatabaseUse& use) {
  constexpr const char* kCheck = "connections";
  if (!server.connections)
    return unanswered(kCheck, "The numbers of connections", server.connections);
  if (use.is_pooled)
    return ok(kCheck, "DATABASE_PREPARED is off: the pooler's limits count, not the server's.");
  const db::Connections& seen = *server.connections;
  const Room room = tightest(seen);
  // Workers connect when they first need to, and other nodes have theirs: whichever is more.
  const std::int64_t workers = use.workers.value_or(0);
  const std::int64_t needed = std::max(workers, seen.of_role) + kSpareConnections;
  const std::int64_t others = seen.in_all - std::min(seen.in_all, seen.of_role);
  const std::string found =
      (use.workers ? std::to_string(workers) + " workers here" : "an unknown number of workers") +
      ", " + std::to_string(seen.of_role) + " connections of the role now, " +
      std::to_string(kSpareConnections) + " to spare for a restart; " + room.name + ": " +
      std::to_string(room.size);
  constexpr const char* kAdvice =
      "Have fewer workers, or raise it: ALTER ROLE latchkey_app CONNECTION LIMIT …, or "
      "max_connections in postgresql.conf.";
  if (std::max(workers, seen.of_role) > room.size)
    return failure(kCheck, "Too few connections: " + found + ".", kAdvice);
  if (needed > room.size)
    return warning(kCheck, "A rolling restart lacks connections: " + found + ".", kAdvice);
  if (needed + others > seen.max - seen.reserved) {
    return warning(kCheck,
                   "The server may run out of connections: " + found +
                       "; of others: " + std::to_string(others) + ".",
                   kAdvice);
  }
  return ok(kCheck, "Enough: " + found + ".");
}

Findings judge_database(const std::vector<db::ServerLook>& servers, const DatabaseUse& use) {
  Findings findings = judge_hosts(servers);
  for (const db::ServerLook& server : servers) {
    if (!is_reached(server)) continue;
    findings.push_back(judge_tls(server));
    findings.push_back(judge_clock(server));
  }
  auto main = std::ranges::find_if(servers, takes_writes);
  if (main == servers.end()) main = std::ranges::find_if(servers, is_reached);
  if (main == servers.end()) {
    findings.push_back(could_not_ask("schema",
                                     "Schema, privileges and limits could not be asked for: no "
                                     "host can be reached.",
                                     "Mend that, and ask again."));
    return findings;
  }
  for (const auto judge : {judge_version, judge_schema, judge_functions, judge_tables, judge_role,
                           judge_role_settings}) {
    findings.push_back(judge(*main));
  }
  findings.push_back(judge_connections(*main, use));
  return findings;
}

}  // namespace latchkey::cli
