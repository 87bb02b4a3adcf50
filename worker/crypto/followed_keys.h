// SPDX-License-Identifier: Apache-2.0
#pragma once

// A key ring that follows its directory: keys come and go without a restart.
//
// At most once a second, when it is about to sign or to verify, it looks whether the directory has
// changed (one stat) and reads it anew if so. That bounds how long a retired key still verifies. A
// token by a key that it does not know makes it look at once, so a new key may sign on one worker
// before another has heard of it.
//
// What is broken is said once and tried again every second. A new key that cannot be used is passed
// over. A key of the ring that cannot be used any more, a directory that cannot be read, and a
// directory in which no key may sign leave the ring as it was.
//
// Runs in workers. The clock outlives it.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/jws.h"
#include "crypto/key_directory.h"

namespace latchkey::crypto {

// Every worker has looked that long after a key came or went, or has not used its ring since.
inline constexpr std::int64_t kKeyLookEveryMs = 1000;

class FollowedKeys final : public Keys {
 public:
  // What is wrong with the keys at the start: Error(kInternalError) with all of it as the cause.
  FollowedKeys(KeySource source, const base::Clock& clock);

  [[nodiscard]] std::string sign(std::string_view payload, std::int64_t at_ms) const override;
  [[nodiscard]] JwsVerdict verify(std::string_view token) const override;
  [[nodiscard]] PublicKeys public_keys() const override;

 private:
  // What was last seen of the directory. To callers the ring is what the directory says, so reading
  // it changes nothing that they see.
  struct Seen {
    KeyStamp stamp;
    // It had changed just before it was read: what came after that may have the same stamp.
    bool is_young = false;
    std::int64_t looked_ms = 0;  // monotonic
    std::string fault;           // empty: the ring is the directory's
  };

  void look_if_due() const;
  // Whether the ring is another one now.
  bool look(bool is_due) const;
  bool read(const KeyStamp& stamp) const;
  [[nodiscard]] bool may_take(const KeyReading& reading) const;
  void take(KeyReading& reading) const;

  const KeySource source_;
  const base::Clock& clock_;
  const base::Logger log_{"latchkey.keys"};
  mutable Seen seen_;
  mutable KeyRing ring_;
  mutable std::vector<std::string> files_;  // that the ring was read from
};

}  // namespace latchkey::crypto
