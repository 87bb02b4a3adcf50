// SPDX-License-Identifier: Apache-2.0
#include "crypto/followed_keys.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/error.h"

namespace latchkey::crypto {
namespace {

// Coarser than any file system's clock ticks.
constexpr std::int64_t kYoungMs = 1000;

std::string join(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) {
    if (!text.empty()) text += "; ";
    text += sentence;
  }
  return text;
}

bool was_just_changed(const KeyStamp& stamp, std::int64_t now_ms) {
  return std::abs(now_ms - stamp.changed_ns / 1'000'000) < kYoungMs;
}

void tell_ignored(const base::Logger& log, const KeyReading& reading,
                  const std::string& directory) {
  for (const std::string& name : reading.ignored) {
    log.warning("this file of the key directory is no key",
                {{"directory", std::string_view(directory)}, {"file", std::string_view(name)}});
  }
}

}  // namespace

FollowedKeys::FollowedKeys(KeySource source, const base::Clock& clock)
    : source_(std::move(source)),
      clock_(clock),
      // Young: what came while it was being read must show at the next look.
      seen_{.stamp = stamp_of(source_.directory),
            .is_young = true,
            .looked_ms = clock.monotonic_ms(),
            .fault = {}},
      ring_(*source_.signs_by) {
  KeyReading reading = read_keys(source_);
  if (!reading.faults.empty()) {
    throw base::Error(base::ErrorCode::kInternalError).because(join(reading.faults));
  }
  tell_ignored(log_, reading, source_.directory);
  take(reading);
}

std::string FollowedKeys::sign(std::string_view payload, std::int64_t at_ms) const {
  look_if_due();
  return ring_.sign(payload, at_ms);
}

JwsVerdict FollowedKeys::verify(std::string_view token) const {
  look_if_due();
  JwsVerdict verdict = ring_.verify(token);
  if (verdict.outcome == JwsOutcome::kUnknownKey && look(false)) verdict = ring_.verify(token);
  return verdict;
}

PublicKeys FollowedKeys::public_keys() const {
  look_if_due();
  return ring_.public_keys();
}

void FollowedKeys::look_if_due() const {
  if (clock_.monotonic_ms() - seen_.looked_ms >= kKeyLookEveryMs) look(true);
}

bool FollowedKeys::look(bool is_due) const {
  if (source_.directory.empty()) return false;
  if (is_due) seen_.looked_ms = clock_.monotonic_ms();
  const KeyStamp stamp = stamp_of(source_.directory);
  // A fault may be mended without a change of the directory; not every bad token need ask.
  const bool may_be_mended = is_due && !seen_.fault.empty();
  if (stamp == seen_.stamp && !seen_.is_young && !may_be_mended) return false;
  return read(stamp);
}

bool FollowedKeys::read(const KeyStamp& stamp) const {
  const bool has_changed = stamp != seen_.stamp;
  // Both before the directory is read: what comes while it is must show afterwards.
  seen_.stamp = stamp;
  seen_.is_young = was_just_changed(stamp, clock_.wall_ms());
  KeyReading reading = read_keys(source_);
  std::string fault = join(reading.faults);
  if (!fault.empty() && fault != seen_.fault) {
    log_.warning("a key cannot be used", {{"cause", std::string_view(fault)}});
  }
  const bool was_broken = !seen_.fault.empty();
  seen_.fault = std::move(fault);
  if (!may_take(reading)) return false;
  take(reading);
  if (seen_.fault.empty() && (has_changed || was_broken)) {
    tell_ignored(log_, reading, source_.directory);
    log_.info("the keys have been read anew",
              {{"keys", static_cast<std::int64_t>(reading.keys.size())},
               {"signing_kid", ring_.signing_kid(clock_.wall_ms())}});
  }
  return true;
}

bool FollowedKeys::may_take(const KeyReading& reading) const {
  return reading.ring && std::ranges::none_of(reading.broken, [this](const std::string& file) {
           return std::ranges::find(files_, file) != files_.end();
         });
}

void FollowedKeys::take(KeyReading& reading) const {
  ring_ = std::move(*reading.ring);
  files_.clear();
  for (const KeyListing& key : reading.keys) files_.push_back(key.file);
}

}  // namespace latchkey::crypto
