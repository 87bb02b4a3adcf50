// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `latchkey user` shows, for people (columns) and for programs (JSON, one object a line; times
// as the API gives them).
//
// Runs on the command line. No failures. Text of strangers (User-Agent) comes out without control
// characters.

#include <string>
#include <vector>

#include "db/users.h"
#include "service/user_import.h"

namespace latchkey::cli {

std::string user_heading();
std::string user_row(const db::User& user);
std::string user_json(const db::User& user);

std::string detail_table(const db::UserDetail& detail);
std::string detail_json(const db::UserDetail& detail);

std::string session_table(const std::vector<db::SessionEntry>& entries);
std::string session_json(const db::SessionEntry& entry);

std::string event_table(const std::vector<db::AuditEvent>& events);
std::string event_json(const db::AuditEvent& event);

std::string refusal_line(const service::ImportRefusal& refusal);
std::string refusal_json(const service::ImportRefusal& refusal);
std::string import_summary(const service::ImportCounts& counts, bool is_dry_run);
std::string import_summary_json(const service::ImportCounts& counts, bool is_dry_run);

}  // namespace latchkey::cli
