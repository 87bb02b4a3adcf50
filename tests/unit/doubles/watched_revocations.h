// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "doubles/fake_clock.h"
#include "doubles/fake_revoked_sessions.h"
#include "service/revocation_watch.h"
#include "shm/breaker.h"
#include "shm/revocations.h"
#include "shm/segment.h"

namespace latchkey::doubles {

// A node's set of ended sessions with its watch, over a database that is made up.
struct WatchedRevocations {
  static constexpr std::int64_t kMemoryMs = 1'860'000;
  static constexpr std::int64_t kDatabaseTimeoutMs = 2'000;

  FakeClock clock;
  shm::Segment segment = shm::Segment::make_private();
  shm::Breaker breaker{segment.layout().database_breaker, {.threshold = 5}, clock};
  shm::Revocations set{segment.layout(), clock, kMemoryMs};
  FakeRevokedSessions database;
  service::RevocationWatch watch{{.set = set,
                                  .database = database,
                                  .breaker = breaker,
                                  .clock = clock,
                                  .database_timeout_ms = kDatabaseTimeoutMs}};
};

}  // namespace latchkey::doubles
