// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether this program can do its work, as far as the database goes.
//
// The look-up goes through the circuit breaker like any other: while it is open the answer is "no"
// without asking, and a look-up after its timeout may be the probe that closes it.
//
// Runs in api workers. Throws base::Error when the program is not ready: whatever the look-up
// threw, or kDatabaseUnavailable for a database that is read-only (a standby after failover) or
// whose schema is older than this program.

#include "db/health.h"

namespace latchkey::service {

void require_ready(db::Health& health);

}  // namespace latchkey::service
