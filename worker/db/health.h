// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether the database can do this program's work.
//
// Runs in api workers. A database that cannot be asked is a base::Error (database.h).

#include <cstdint>

#include "db/database.h"

namespace latchkey::db {

// The oldest schema that this program works with: latchkey.readiness() answers with the schema's.
inline constexpr std::int32_t kRequiredSchemaVersion = 4;

struct Readiness {
  std::int32_t schema_version = 0;
  bool is_read_only = false;
};

class Health {
 public:
  Health() = default;
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;
  virtual ~Health() = default;

  virtual Readiness look() = 0;
};

class PgHealth final : public Health {
 public:
  explicit PgHealth(Database& database) : database_(database) {}

  Readiness look() override;

 private:
  Database& database_;
};

}  // namespace latchkey::db
