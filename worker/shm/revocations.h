// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sessions that have ended before their access tokens have: GET /auth/verify refuses those tokens
// without a database call. All workers of the node read and feed the set.
//
// An entry is a session and the time until which tokens of it may be about: the lifetime of access
// tokens by the settings, or the longest that any worker of this segment had. Of tokens older than
// that, which come from before the setting was shortened or from a node that has another, nobody
// can say that their session is not among those forgotten. There is room for
// kRevocations; each session has two buckets of kRevocationsPerBucket where it may stand, so the
// set is well over half full before a session finds no room. From then on, until the last token of
// that session has expired, nobody can say of any session that it is not in the set: it errs on the
// side of asking the database.
//
// The set also keeps when it was last brought up to date from the database (learned), which is how
// sessions that were ended on other nodes get in. A session id that was ended here goes in with
// add(). Sessions that were ended here without their ids being told are announced with
// add_unlisted(): until somebody has learned since, no session is known not to be among them.
//
// Runs in workers. No failures. A worker may be killed at any instruction: an entry half written
// counts as ended, for its own session or for one that had ended before.

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/uuid.h"
#include "shm/layout.h"

namespace latchkey::shm {

enum class Knowledge {
  kLives,    // as far as this node has learned
  kEnded,    // refuse its tokens
  kNotSure,  // ask the database
};

class Revocations {
 public:
  // Both outlive it. `memory_ms`: how long after the end of a session a token of it may be good, by
  // the settings of this worker.
  Revocations(SharedLayout& layout, const base::Clock& clock, std::int64_t memory_ms)
      : layout_(layout), clock_(clock), memory_ms_(memory_ms) {}

  [[nodiscard]] Knowledge look_up(const base::Uuid& session, std::int64_t token_age_ms) const;

  void add(const base::Uuid& session);
  void add_unlisted();
  // Somebody ended more sessions than can be told: as if the set were full.
  void add_uncounted();

  // How long ago the last look at the database began that succeeded; as long as memory_ms() where
  // there was none, or none yet that went back as far as the settings of this worker want.
  [[nodiscard]] std::int64_t learned_ms_ago() const;
  // Claims the next look for the caller: true for one caller in `interval_ms`, of all workers.
  [[nodiscard]] bool claim_look(std::int64_t interval_ms);
  // The look that began at `began_ns` (monotonic) has succeeded, and what it found is added. It
  // went back beyond what learned_ms_ago() said then.
  void learned(std::int64_t began_ns);

  // How long entries are kept.
  [[nodiscard]] std::int64_t memory_ms() const;

 private:
  SharedLayout& layout_;
  const base::Clock& clock_;
  std::int64_t memory_ms_;
};

// Entries that still count. Reads the whole set: for metrics, not for requests.
[[nodiscard]] std::size_t count_revocations(const SharedLayout& layout, std::int64_t now_ms);

}  // namespace latchkey::shm
