// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every server that DATABASE_URL names says of itself, for `latchkey doctor`.
//
// Each host is connected to by itself, as the workers' role, and asked for what that role may see:
// the catalogues and the statistics, besides latchkey.readiness(). Nothing is changed, and no
// breaker is asked or told: an operator wants to know how the server is while the breaker is open.
// What it means is not decided here (cli/doctor_database.h).
//
// Connecting has the deadline of a worker's call, and so has each question. A server that falls
// silent costs one question: its connection is then gone, and the rest fails at once.
//
// Runs on the command line. No failures: what could not be asked is an Answer with a reason.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace latchkey::db {

// What was asked for, or why it could not be asked.
template <typename T>
struct Answer {
  std::optional<T> value;
  std::string reason = "not asked";  // without a value

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

struct Transport {
  bool is_local = false;         // a unix socket, or loopback
  bool is_encrypted = false;     // as this end sees it
  std::string sslmode{};         // as libpq understood it
  bool server_sees_tls = false;  // of its own connection, which is the pooler's if there is one
};

struct ServerState {
  std::int32_t version = 0;  // 150004 is 15.4
  bool is_standby = false;
  bool is_read_only = false;  // takes no writes, standby or not
};

struct ClockSkew {
  std::int64_t ahead_ms = 0;  // of this machine's clock
  std::int64_t round_trip_ms = 0;
};

struct SchemaState {
  std::int32_t version = 0;
};

struct FunctionGrant {
  std::string signature;  // as in required_functions.h
  bool may_execute = false;
};

struct Role {
  std::string name;
  bool may_use_schema = false;
  // What it has and should not have, in PostgreSQL's words: SUPERUSER, CREATEDB, ...
  std::vector<std::string> attributes{};
  std::string memberships{};  // names with commas between them
  bool owns_schema = false;   // or may become its owner
  bool owns_database = false;
  bool may_create_in_schema = false;
};

struct RoleSetting {
  std::string name;
  std::string value;
};

struct Connections {
  std::int64_t max = 0;              // of the server
  std::int64_t reserved = 0;         // of those, for superusers and the like
  std::int64_t role_limit = -1;      // -1: none
  std::int64_t database_limit = -1;  // -1: none
  std::int64_t of_role = 0;          // now, without the one that asks
  std::int64_t in_all = 0;           // now, without the one that asks
};

struct ServerLook {
  std::string host;                          // "db1:5433", "/run/postgresql"
  std::optional<std::string> unreachable{};  // why, and then nothing below was asked
  Answer<Transport> transport{};
  Answer<ServerState> state{};
  Answer<ClockSkew> clock{};
  Answer<SchemaState> schema{};
  Answer<std::vector<FunctionGrant>> functions{};  // all that the schema has
  Answer<std::vector<std::string>> open_tables{};  // with any privilege of the role
  Answer<Role> role{};
  Answer<std::vector<RoleSetting>> role_settings{};
  Answer<Connections> connections{};
};

struct InspectionOptions {
  base::Secret url;
  std::int64_t timeout_ms = 0;
  bool is_pooled = false;
};

// One look for each host of the URL, in its order; one in all for a URL that libpq cannot read.
std::vector<ServerLook> inspect_servers(const InspectionOptions& options, const base::Clock& clock);

// Whether an address as libpq tells it ("" for a unix socket) is this machine's own.
bool is_this_machine(std::string_view address);

}  // namespace latchkey::db
