// SPDX-License-Identifier: Apache-2.0
#include "db/connection.h"

#include <algorithm>
#include <poll.h>

namespace latchkey::db {

bool Database::Connection::is_stale() const {
  pollfd entry{backend_.sock(), POLLIN, 0};
  return backend_.sock() < 0 || poll(&entry, 1, 0) != 0;
}

void Database::Connection::prepare(const Statement& statement, const Deadline& deadline) {
  // By address: every statement is a constant of this room.
  if (!prepared_ || std::find(prepared_names_.begin(), prepared_names_.end(), statement.name) !=
                        prepared_names_.end()) {
    return;
  }
  const SocketTimer timer(backend_.sock(), deadline);
  backend_.prepare(statement.name, statement.sql);
  backend_.prepare_now(statement.name);  // otherwise the first call of it would
  prepared_names_.push_back(statement.name);
}

pqxx::result Database::Connection::execute(const Statement& statement,
                                           std::span<const Parameter> parameters,
                                           const Deadline& deadline) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters) values.push_back(parameter.c_str());

  const SocketTimer timer(backend_.sock(), deadline);
  pqxx::nontransaction call(backend_);
  const auto arguments = pqxx::prepare::make_dynamic_params(values);
  if (!prepared_) return call.exec_params(statement.sql, arguments);
  return call.exec_prepared(statement.name, arguments);
}

}  // namespace latchkey::db
