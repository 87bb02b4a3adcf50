// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which sessions have been ended before their time, on whichever node.
//
// Runs in api workers. What cannot be asked is a base::Error (database.h).

#include <cstdint>
#include <optional>
#include <vector>

#include "base/uuid.h"
#include "db/database.h"

namespace latchkey::db {

class RevokedSessions {
 public:
  RevokedSessions() = default;
  RevokedSessions(const RevokedSessions&) = delete;
  RevokedSessions& operator=(const RevokedSessions&) = delete;
  virtual ~RevokedSessions() = default;

  // The newest first, at most `limit` of them: with as many there may be more. With a patience the
  // database has so long to answer, and is not held to be ill if it does not.
  virtual std::vector<base::Uuid> since(std::int64_t ms_ago, std::int32_t limit,
                                        std::optional<std::int64_t> patience_ms) = 0;
};

class PgRevokedSessions final : public RevokedSessions {
 public:
  explicit PgRevokedSessions(Database& database) : database_(database) {}

  std::vector<base::Uuid> since(std::int64_t ms_ago, std::int32_t limit,
                                std::optional<std::int64_t> patience_ms) override;

 private:
  Database& database_;
};

}  // namespace latchkey::db
