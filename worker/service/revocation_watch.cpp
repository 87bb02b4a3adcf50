// SPDX-License-Identifier: Apache-2.0
#include "service/revocation_watch.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace latchkey::service {
namespace {

// Half of the set: an answer that is longer would not fit for certain.
constexpr std::int32_t kMostAtOnce = shm::kRevocations / 2;

// An end is dated when it is written and seen when it is committed, a call's length later at the
// most on a node like this one, and this much later by an administrator's.
constexpr std::int64_t kOverlapMs = 5'000;

const base::Logger& logger() {
  static const base::Logger instance("latchkey.revocations");
  return instance;
}

}  // namespace

bool RevocationWatch::vouches_for(const base::Uuid& session, std::int64_t issued_at_s) {
  if (parts_.set.learned_ms_ago() >= kFreshForMs && !has_just_failed() &&
      !parts_.breaker.is_suspicious()) {
    look(kPatienceMs);
  }
  if (parts_.set.learned_ms_ago() >= kLookEveryMs) is_look_wanted_ = true;
  switch (parts_.set.look_up(session, age_ms(issued_at_s))) {
    case shm::Knowledge::kLives:
      return true;
    case shm::Knowledge::kEnded:
      throw base::Error(base::ErrorCode::kTokenRevoked);
    case shm::Knowledge::kNotSure:
      break;
  }
  is_look_wanted_ = true;
  return false;
}

void RevocationWatch::ended_unlisted() {
  parts_.set.add_unlisted();
  is_look_urgent_ = true;
}

void RevocationWatch::after_answer() {
  const bool is_wanted = std::exchange(is_look_wanted_, false);
  const bool is_urgent = std::exchange(is_look_urgent_, false);
  if (!is_wanted && !is_urgent) return;
  const bool is_claimed = parts_.set.claim_look(kLookEveryMs);
  if (is_urgent || is_claimed) look(std::nullopt);
}

// `iat` may be any number that was signed.
std::int64_t RevocationWatch::age_ms(std::int64_t issued_at_s) const {
  const std::int64_t now_ms = parts_.clock.wall_ms();
  return now_ms - 1000 * std::clamp<std::int64_t>(issued_at_s, 0, now_ms / 1000);
}

// Only for a while: this worker may not look again for long, since others do, and must not take its
// old failure for the state of things.
bool RevocationWatch::has_just_failed() const {
  return failed_ms_ && parts_.clock.monotonic_ms() - *failed_ms_ < kFreshForMs;
}

void RevocationWatch::look(std::optional<std::int64_t> patience_ms) {
  const std::int64_t began_ns = parts_.clock.monotonic_ns();
  const std::int64_t since_ms =
      std::min(parts_.set.memory_ms(),
               parts_.set.learned_ms_ago() + 2 * parts_.database_timeout_ms + kOverlapMs);
  try {
    const std::vector<base::Uuid> sessions =
        parts_.database.since(since_ms, kMostAtOnce, patience_ms);
    for (const base::Uuid& session : sessions) parts_.set.add(session);
    if (sessions.size() >= static_cast<std::size_t>(kMostAtOnce)) parts_.set.add_uncounted();
    parts_.set.learned(began_ns);
    if (std::exchange(failed_ms_, std::nullopt)) logger().info("ended sessions are learned again");
  } catch (const base::Error& error) {
    // Told once: what is wrong with the database, the requests that need it tell.
    if (std::exchange(failed_ms_, parts_.clock.monotonic_ms())) return;
    logger().warning(
        "ended sessions cannot be learned from the database: tokens count by themselves",
        {{"error", error.cause()}});
  }
}

}  // namespace latchkey::service
