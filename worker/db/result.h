// SPDX-License-Identifier: Apache-2.0
#pragma once

// An answer as libpq keeps it, for headers that do not show libpq. Runs wherever db/ does.

#include <memory>

struct pg_result;  // PGresult of libpq-fe.h

namespace latchkey::db {

struct ClearResult {
  void operator()(pg_result* result) const;
};
using Result = std::unique_ptr<pg_result, ClearResult>;

}  // namespace latchkey::db
