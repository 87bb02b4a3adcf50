// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the commands of administrators reach the database: a connection of their own, by
// ADMIN_DATABASE_URL, with more time for a call than a request has. The circuit breaker that a
// Database asks is a private one: an operator who knows that the database is ill may still try.
//
// Used by purge and user. It keeps core dumps and other processes of the same user away from the
// passwords, hashes and connection strings that these commands hold. A setting that is missing is a
// config::ConfigurationError.

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/cost_meter.h"
#include "config/settings.h"
#include "db/database.h"
#include "shm/breaker.h"
#include "shm/segment.h"

namespace latchkey::cli {

class AdminDatabase {
 public:
  explicit AdminDatabase(const config::Settings& settings);

  [[nodiscard]] db::Database& database() { return database_; }

 private:
  shm::Segment segment_ = shm::Segment::make_private();
  base::SystemClock clock_;
  base::CostMeter meter_{clock_};
  shm::Breaker breaker_{segment_.layout().database_breaker, {}, clock_};
  db::Database database_;
};

// Who is at work, for the audit trail: "cli:" and the name of the operating system's user.
std::string actor();

}  // namespace latchkey::cli
