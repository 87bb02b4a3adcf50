// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Rows keeps, for the two files of this room that know libpqxx.

#include <pqxx/result>

#include "db/rows.h"

namespace latchkey::db {

class Rows::Storage {
 public:
  explicit Storage(const pqxx::result& answer) : result(answer) {}  // counts references

  pqxx::result result;
};

}  // namespace latchkey::db
