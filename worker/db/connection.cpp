// SPDX-License-Identifier: Apache-2.0
#include "db/connection.h"

#include <algorithm>
#include <poll.h>

namespace latchkey::db {
namespace {

constexpr int kTextFormat = 0;

}  // namespace

bool Database::Connection::is_stale() const {
  const int socket = PQsocket(handle_.get());
  pollfd entry{socket, POLLIN, 0};
  return socket < 0 || poll(&entry, 1, 0) != 0;
}

void Database::Connection::prepare(const Statement& statement, const Deadline& deadline) {
  // By address: every statement is a constant of this room.
  if (!prepared_ || std::ranges::find(prepared_names_, statement.name) != prepared_names_.end())
    return;
  PGconn* const handle = handle_.get();
  answer_to(PQsendPrepare(handle, statement.name, statement.sql, 0, nullptr), handle, deadline);
  prepared_names_.push_back(statement.name);
}

Result Database::Connection::execute(const Statement& statement,
                                     std::span<const Parameter> parameters,
                                     const Deadline& deadline) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters) values.push_back(parameter.c_str());

  PGconn* const handle = handle_.get();
  const int count = static_cast<int>(values.size());
  const int queued = prepared_ ? PQsendQueryPrepared(handle, statement.name, count, values.data(),
                                                     nullptr, nullptr, kTextFormat)
                               : PQsendQueryParams(handle, statement.sql, count, nullptr,
                                                   values.data(), nullptr, nullptr, kTextFormat);
  return answer_to(queued, handle, deadline);
}

}  // namespace latchkey::db
