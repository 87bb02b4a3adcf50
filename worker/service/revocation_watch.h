// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether an access token may count by itself, for GET /auth/verify.
//
// A token is good until it expires, its session may be over before. Sessions that end on this node
// are put into the set of the node (shm/revocations.h) before their request is answered; those that
// end elsewhere are learned from the database, which all nodes share. Who looks, and when:
//
//   every kLookEveryMs, while tokens are being checked, one worker looks after it has answered, so
//   that no check waits for the database;
//   where nobody has looked for kFreshForMs (the first check after a quiet time) the check itself
//   looks first. It waits kPatienceMs at the most, and not at all for a database that seems ill or
//   has just failed to answer.
//
// So an ended session is refused at once on its own node and within kFreshForMs on the others, as
// long as the database answers; and idle workers do not wake. Without the database the set is as
// old as it is, and tokens count by themselves: nobody can end a session then either, but on a
// node that still reaches it.
//
// A token that is older than what the set remembers is not vouched for: one from before
// ACCESS_TOKEN_EXPIRE_MINUTES was shortened, or of a node where it is more.
//
// Runs in workers. Failures: kTokenRevoked.

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/uuid.h"
#include "db/revoked_sessions.h"
#include "shm/breaker.h"
#include "shm/revocations.h"

namespace latchkey::service {

class RevocationWatch {
 public:
  static constexpr std::int64_t kLookEveryMs = 1'000;
  static constexpr std::int64_t kFreshForMs = 2'000;
  static constexpr std::int64_t kPatienceMs = 100;

  struct Parts {
    shm::Revocations& set;
    db::RevokedSessions& database;
    const shm::Breaker& breaker;
    const base::Clock& clock;
    std::int64_t database_timeout_ms;
  };

  // Everything outlives the watch.
  explicit RevocationWatch(const Parts& parts) : parts_(parts) {}

  // kTokenRevoked for a session that has ended. False: this node cannot say, and the database
  // must be asked.
  [[nodiscard]] bool vouches_for(const base::Uuid& session, std::int64_t issued_at_s);

  // To be called before the request that ended it is answered.
  void ended(const base::Uuid& session) { parts_.set.add(session); }
  // The same for all sessions of a user, whose ids this node does not know.
  void ended_unlisted();

  // After an answer: a look, if one is due.
  void after_answer();

 private:
  [[nodiscard]] std::int64_t age_ms(std::int64_t issued_at_s) const;
  [[nodiscard]] bool has_just_failed() const;
  void look(std::optional<std::int64_t> patience_ms);

  Parts parts_;
  bool is_look_wanted_ = false;
  bool is_look_urgent_ = false;
  std::optional<std::int64_t> failed_ms_;  // when the last look failed; monotonic
};

}  // namespace latchkey::service
