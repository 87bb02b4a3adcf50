// SPDX-License-Identifier: Apache-2.0
#pragma once

// Refreshes whose answer was lost and could not be settled in time: they may have used a token up,
// and the client, which was told to try again, will present that token once more. Remembered here,
// for all workers of the node, so that the second try is not taken for theft.
//
// An entry is a session, the counter of the token, and when the lost call began. The last kDoubts
// are kept, and none counts for longer than kLongestDoubtMs. Another node does not know them:
// there, and for entries that were pushed out, the leeway for used tokens is all there is.
//
// Runs in workers. No failures. A worker that is killed while it writes leaves an entry that fits
// no session, or one that is too old.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/uuid.h"
#include "shm/layout.h"

namespace latchkey::shm {

// Longer than any CIRCUIT_BREAKER_TIMEOUT, after which a client at the latest tries again.
inline constexpr std::int64_t kLongestDoubtMs = std::int64_t{2} * 60 * 60 * 1000;

class Doubts {
 public:
  // Both outlive it.
  Doubts(SharedLayout& layout, const base::Clock& clock) : layout_(layout), clock_(clock) {}

  void note(const base::Uuid& session, std::int32_t counter, std::int64_t began_ms_ago);
  // The client has had its answer: from now on the token is a used one like any other.
  void forget(const base::Uuid& session, std::int32_t counter);
  // How long ago the lost call of this token began; nothing where no call of it was lost.
  [[nodiscard]] std::optional<std::int64_t> find(const base::Uuid& session,
                                                 std::int32_t counter) const;

 private:
  SharedLayout& layout_;
  const base::Clock& clock_;
};

}  // namespace latchkey::shm
