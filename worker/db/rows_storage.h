// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Rows keeps, for the two files of this room that know libpqxx.

#include <utility>

#include <pqxx/result>

#include "db/database.h"

namespace latchkey::db {

class Rows::Storage {
 public:
  explicit Storage(pqxx::result answer) : result(std::move(answer)) {}

  pqxx::result result;
};

}  // namespace latchkey::db
