// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a failure of answer.h means: the one place that knows.
//
// The verdict answers these questions: what does the client learn, is the server ill (the breaker
// counts that), is the connection still good, and did the call happen: no, or nobody knows. Texts
// of the server can carry data (a unique violation quotes the row), so the cause holds the SQLSTATE
// or a phrase of ours, and the server's own words only where there is no data yet: while
// connecting.
//
// Used by database.cpp only. Runs in workers.

#include <exception>
#include <string_view>

#include "base/error.h"

namespace latchkey::db {

enum class Phase { kConnecting, kPreparing, kCalling };

struct Verdict {
  base::Error error;
  bool server_is_ill = false;
  bool connection_is_spoilt = false;
  bool certainly_did_not_happen = false;
  bool outcome_is_unknown = false;  // the call was sent, and its answer was lost
};

// `timed_out`: the deadline has passed, which is how a lost connection came about.
Verdict judge(const std::exception& exception, Phase phase, bool timed_out);

// Whether an SQLSTATE (PostgreSQL manual, appendix A) says that the server, not the call, is at
// fault.
bool is_illness(std::string_view sqlstate);

}  // namespace latchkey::db
