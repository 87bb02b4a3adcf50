// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "db/revoked_sessions.h"

namespace latchkey::doubles {

// Answers what the test has set, and remembers what it was asked.
class FakeRevokedSessions final : public db::RevokedSessions {
 public:
  struct Question {
    std::int64_t ms_ago = 0;
    std::int32_t limit = 0;
    std::optional<std::int64_t> patience_ms;
  };

  std::vector<base::Uuid> since(std::int64_t ms_ago, std::int32_t limit,
                                std::optional<std::int64_t> patience_ms) override {
    questions.push_back({ms_ago, limit, patience_ms});
    if (is_down) throw base::Error(base::ErrorCode::kDatabaseUnavailable).because("down");
    return sessions;
  }

  std::vector<base::Uuid> sessions;
  bool is_down = false;
  std::vector<Question> questions;
};

}  // namespace latchkey::doubles
