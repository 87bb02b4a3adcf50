// SPDX-License-Identifier: Apache-2.0
#include "db/inspection.h"

#include <algorithm>
#include <charconv>
#include <libpq-fe.h>
#include <memory>
#include <string_view>
#include <utility>

#include "db/answer.h"
#include "db/deadline.h"
#include "db/servers.h"

namespace latchkey::db {
namespace {

// ---- the questions

constexpr const char* kState =
    "SELECT current_setting('server_version_num'), pg_is_in_recovery(),"
    " pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean";

constexpr const char* kTls =
    "SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)";

constexpr const char* kNow = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

constexpr const char* kSchema = "SELECT schema_version FROM latchkey.readiness()";

constexpr const char* kFunctions =
    "SELECT format('%s(%s)', p.proname, replace(oidvectortypes(p.proargtypes), ', ', ',')),"
    " has_function_privilege(p.oid, 'EXECUTE')"
    " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
    " WHERE n.nspname = 'latchkey' ORDER BY 1";

// CASE: asking for the privileges of one kind on another is an error.
constexpr const char* kOpenTables =
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'latchkey' AND CASE"
    " WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f') THEN"
    "  has_table_privilege(c.oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER')"
    "  OR has_any_column_privilege(c.oid, 'SELECT,INSERT,UPDATE,REFERENCES')"
    " WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE,SELECT,UPDATE')"
    " ELSE false END ORDER BY 1";

constexpr const char* kRole =
    "SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolbypassrls,"
    " r.rolreplication, pg_has_role(d.datdba, 'MEMBER'),"
    " coalesce(pg_has_role(n.nspowner, 'MEMBER'), false),"
    " coalesce(has_schema_privilege(n.oid, 'USAGE'), false),"
    " coalesce(has_schema_privilege(n.oid, 'CREATE'), false),"
    " (SELECT string_agg(g.rolname, ', ' ORDER BY g.rolname) FROM pg_auth_members m"
    "   JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)"
    " FROM pg_roles r JOIN pg_database d ON d.datname = current_database()"
    " LEFT JOIN pg_namespace n ON n.nspname = 'latchkey' WHERE r.rolname = current_user";

// Of the role in this database, of the role, of the database, of all: any of them counts.
constexpr const char* kRoleSettings =
    "SELECT split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1)"
    " FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) entry"
    " WHERE s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))"
    " AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))"
    " ORDER BY s.setrole, s.setdatabase";

// reserved_connections came with PostgreSQL 16.
constexpr const char* kConnections =
    "SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections'),"
    " coalesce(current_setting('reserved_connections', true), '0'),"
    " r.rolconnlimit, d.datconnlimit,"
    " (SELECT count(*) FROM pg_stat_activity"
    "   WHERE usename = current_user AND pid <> pg_backend_pid()),"
    " (SELECT sum(numbackends) - 1 FROM pg_stat_database)"
    " FROM pg_roles r JOIN pg_database d ON d.datname = current_database()"
    " WHERE r.rolname = current_user";

// The shortest round trip of so many is the most exact.
constexpr int kClockTries = 3;

// ---- asking

// The rows of one answer. Values that are not there or not of the expected form read as 0, false
// and "": the questions are constants, and a test asks a real server all of them.
class Table {
 public:
  explicit Table(Result result) : result_(std::move(result)) {}

  [[nodiscard]] int size() const { return PQntuples(result_.get()); }
  [[nodiscard]] std::string text(int row, int column) const {
    if (row >= size() || column >= PQnfields(result_.get())) return {};
    return PQgetvalue(result_.get(), row, column);
  }
  [[nodiscard]] bool truth(int row, int column) const { return text(row, column) == "t"; }
  [[nodiscard]] std::int64_t number(int row, int column) const {
    const std::string digits = text(row, column);
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
  }

 private:
  Result result_;
};

template <typename Read>
auto rows_of(const Table& table, Read read) {
  std::vector<decltype(read(0))> rows;
  rows.reserve(static_cast<std::size_t>(table.size()));
  for (int row = 0; row < table.size(); ++row) rows.push_back(read(row));
  return rows;
}

// One server, once connected to.
class Respondent {
 public:
  Respondent(Handle handle, std::int64_t timeout_ms, const base::Clock& clock)
      : handle_(std::move(handle)), timeout_ms_(timeout_ms), clock_(clock) {}

  // What `read` makes of the answer.
  template <typename Read>
  auto ask(const char* sql, Read read) const -> Answer<decltype(read(std::declval<Table>()))> {
    const Deadline deadline(clock_, timeout_ms_);
    PGconn* const handle = handle_.get();
    try {
      const Table table(
          answer_to(PQsendQueryParams(handle, sql, 0, nullptr, nullptr, nullptr, nullptr, 0),
                    handle, deadline));
      return {read(table), {}};
    } catch (const LostConnection& lost) {
      return {std::nullopt, lost.what()};
    } catch (const Refusal& refusal) {
      // The SQLSTATE alone, as everywhere: texts of the server may quote data.
      return {std::nullopt, "SQLSTATE " + refusal.sqlstate()};
    } catch (const std::runtime_error& failure) {
      return {std::nullopt, failure.what()};
    }
  }

  [[nodiscard]] const PGconn* handle() const { return handle_.get(); }
  [[nodiscard]] std::string keyword(std::string_view name) const;

 private:
  Handle handle_;
  std::int64_t timeout_ms_;
  const base::Clock& clock_;
};

std::string Respondent::keyword(std::string_view name) const {
  struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
  };
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfo(handle_.get()));
  if (options == nullptr) return {};
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == name && option->val != nullptr) return option->val;
  }
  return {};
}

Answer<Transport> ask_transport(const Respondent& server) {
  return server.ask(kTls, [&server](const Table& table) {
    return Transport{
        .is_local = is_this_machine(PQhostaddr(server.handle())),
        // libpq 15 does not change what it is asked about, and takes no const.
        .is_encrypted = PQsslInUse(const_cast<PGconn*>(server.handle())) == 1,  // NOLINT
        .sslmode = server.keyword("sslmode"),
        .server_sees_tls = table.truth(0, 0)};
  });
}

Answer<ServerState> ask_state(const Respondent& server) {
  return server.ask(kState, [](const Table& table) {
    return ServerState{.version = static_cast<std::int32_t>(table.number(0, 0)),
                       .is_standby = table.truth(0, 1),
                       .is_read_only = table.truth(0, 2)};
  });
}

// The server looked at its clock at some moment between question and answer: half way, as far as
// can be known.
Answer<ClockSkew> ask_clock(const Respondent& server, const base::Clock& clock) {
  Answer<ClockSkew> best;
  for (int i = 0; i < kClockTries; ++i) {
    const std::int64_t asked_ms = clock.wall_ms();
    const std::int64_t began_ns = clock.monotonic_ns();
    const auto there_ms = server.ask(kNow, [](const Table& table) { return table.number(0, 0); });
    if (!there_ms) return best ? best : Answer<ClockSkew>{std::nullopt, there_ms.reason};
    const std::int64_t round_trip_ms = (clock.monotonic_ns() - began_ns) / 1'000'000;
    if (best && best->round_trip_ms <= round_trip_ms) continue;
    best = {ClockSkew{.ahead_ms = asked_ms + round_trip_ms / 2 - *there_ms,
                      .round_trip_ms = round_trip_ms},
            {}};
  }
  return best;
}

Answer<SchemaState> ask_schema(const Respondent& server) {
  return server.ask(kSchema, [](const Table& table) {
    return SchemaState{static_cast<std::int32_t>(table.number(0, 0))};
  });
}

Answer<std::vector<FunctionGrant>> ask_functions(const Respondent& server) {
  return server.ask(kFunctions, [](const Table& table) {
    return rows_of(table, [&table](int row) {
      return FunctionGrant{table.text(row, 0), table.truth(row, 1)};
    });
  });
}

Answer<std::vector<std::string>> ask_open_tables(const Respondent& server) {
  return server.ask(kOpenTables, [](const Table& table) {
    return rows_of(table, [&table](int row) { return table.text(row, 0); });
  });
}

Answer<Role> ask_role(const Respondent& server) {
  return server.ask(kRole, [](const Table& table) {
    Role role{.name = table.text(0, 0),
              .may_use_schema = table.truth(0, 8),
              .attributes = {},
              .memberships = table.text(0, 10),
              .owns_schema = table.truth(0, 7),
              .owns_database = table.truth(0, 6),
              .may_create_in_schema = table.truth(0, 9)};
    int column = 1;
    for (const char* const attribute :
         {"SUPERUSER", "CREATEROLE", "CREATEDB", "BYPASSRLS", "REPLICATION"}) {
      if (table.truth(0, column++)) role.attributes.emplace_back(attribute);
    }
    return role;
  });
}

Answer<std::vector<RoleSetting>> ask_role_settings(const Respondent& server) {
  return server.ask(kRoleSettings, [](const Table& table) {
    return rows_of(table, [&table](int row) {
      return RoleSetting{table.text(row, 0), table.text(row, 1)};
    });
  });
}

Answer<Connections> ask_connections(const Respondent& server) {
  return server.ask(kConnections, [](const Table& table) {
    return Connections{.max = table.number(0, 0),
                       .reserved = table.number(0, 1) + table.number(0, 2),
                       .role_limit = table.number(0, 3),
                       .database_limit = table.number(0, 4),
                       .of_role = table.number(0, 5),
                       .in_all = std::max<std::int64_t>(0, table.number(0, 6))};
  });
}

// ---- the hosts

std::string value_of(const Keywords& keywords, std::string_view name) {
  const auto found = std::ranges::find(keywords, name, &Keywords::value_type::first);
  return found == keywords.end() ? std::string() : found->second;
}

std::string name_of(const Keywords& host) {
  std::string name = value_of(host, "host");
  if (name.empty()) name = value_of(host, "hostaddr");
  if (name.empty()) name = "the default host";
  // What is no number may be a part of a password with a '/' in it.
  const std::string port = value_of(host, "port");
  const bool is_number = port.find_first_not_of("0123456789") == std::string::npos;
  return port.empty() || !is_number ? name : name + ':' + port;
}

ServerLook inspect(Keywords host, const InspectionOptions& options, const base::Clock& clock) {
  ServerLook look{.host = name_of(host)};
  // A standby is looked at too, not passed over. The last of two keywords of one name counts.
  std::erase_if(host, [](const auto& each) { return each.first == "target_session_attrs"; });
  try {
    const Respondent server(open_host(host, Deadline(clock, options.timeout_ms)),
                            options.timeout_ms, clock);
    look.state = ask_state(server);
    look.transport = ask_transport(server);
    look.clock = ask_clock(server, clock);
    look.schema = ask_schema(server);
    look.functions = ask_functions(server);
    look.open_tables = ask_open_tables(server);
    look.role = ask_role(server);
    look.role_settings = ask_role_settings(server);
    look.connections = ask_connections(server);
  } catch (const LostConnection& failure) {
    look.unreachable = failure.what();
  }
  return look;
}

}  // namespace

std::vector<ServerLook> inspect_servers(const InspectionOptions& options,
                                        const base::Clock& clock) {
  std::vector<ServerLook> looks;
  try {
    for (Keywords& host : keywords_per_host(std::string(options.url.reveal()), options.timeout_ms,
                                            options.is_pooled)) {
      looks.push_back(inspect(std::move(host), options, clock));
    }
  } catch (const LostConnection& failure) {
    looks.push_back({.host = "DATABASE_URL", .unreachable = failure.what()});
  }
  return looks;
}

bool is_this_machine(std::string_view address) {
  return address.empty() || address == "::1" || address.starts_with("127.") ||
         address.starts_with("::ffff:127.");
}

}  // namespace latchkey::db
