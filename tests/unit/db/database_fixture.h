// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/cost_meter.h"
#include "db/database.h"
#include "db/scripted_server.h"
#include "shm/breaker.h"

namespace latchkey::db {

// A Database on a scripted server, with a breaker of its own.
class DatabaseTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTimeoutMs = 200;

  static DatabaseOptions options(std::string_view url, bool prepared = true) {
    return {.url = base::Secret(url), .timeout_ms = kTimeoutMs, .prepared = prepared};
  }

  ScriptedServer server_;
  base::SystemClock clock_;
  base::CostMeter meter_{clock_};
  shm::BreakerRecord record_{};
  shm::Breaker breaker_{record_, {}, clock_};
  Database database_{options(server_.url()), breaker_, clock_, meter_};
};

}  // namespace latchkey::db
