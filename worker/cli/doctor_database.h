// SPDX-License-Identifier: Apache-2.0
#pragma once

// The database as `latchkey doctor` judges it, from what the servers said of themselves
// (db/inspection.h).
//
// How each host is reached, its clock and its TLS are judged for every host; what belongs to the
// database itself, schema and privileges, for one: the first that takes writes, or else the first
// that could be reached.
//
// Runs on the command line. No failures: what could not be asked is a finding.

#include <cstdint>
#include <optional>
#include <vector>

#include "cli/finding.h"
#include "db/inspection.h"

namespace latchkey::cli {

// What the node has to do with it.
struct DatabaseUse {
  std::optional<std::int64_t> workers;  // of this machine; each has a connection
  bool is_pooled = false;
};

Findings judge_database(const std::vector<db::ServerLook>& servers, const DatabaseUse& use);

// ---- the checks, one each

// Every host, and whether there is one that takes writes, and only one.
Findings judge_hosts(const std::vector<db::ServerLook>& servers);
Finding judge_tls(const db::ServerLook& server);
Finding judge_clock(const db::ServerLook& server);

Finding judge_version(const db::ServerLook& server);
Finding judge_schema(const db::ServerLook& server);
Finding judge_functions(const db::ServerLook& server);
Finding judge_tables(const db::ServerLook& server);
Finding judge_role(const db::ServerLook& server);
Finding judge_role_settings(const db::ServerLook& server);
Finding judge_connections(const db::ServerLook& server, const DatabaseUse& use);

}  // namespace latchkey::cli
