// SPDX-License-Identifier: Apache-2.0
#pragma once

// Deletes old sessions, audit events, counts of attempts at passwords and addresses beside a
// service at work, which must not notice.
//
// Batches are small, and after each one the purge rests for a multiple of the time that the batch
// took: on a machine that is busy, batches take longer and the rests do too. The sessions are swept
// once, in the order of the pages they lie on; audit events go from the oldest on
// (sql/deploy/sessions.sql and audit_events.sql say why); the others in the order of their keys.
//
// Used by `latchkey purge`. That another purge is running is an answer; base::Error is the
// database's.

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "db/purges.h"

namespace latchkey::service {

enum class PurgeOutcome {
  kDone,
  kBusy,  // another purge was running, or has taken over while this one had lost its connection
};

struct PurgeProgress {
  std::int64_t pages = 0;  // of the table of sessions
  std::int64_t pages_swept = 0;
  std::int64_t sessions_deleted = 0;
  std::int64_t audit_events_deleted = 0;
  std::int64_t attempts_deleted = 0;
  std::int64_t addresses_deleted = 0;
};

struct PurgeReport {
  PurgeOutcome outcome = PurgeOutcome::kDone;
  PurgeProgress progress;
};

class Purge {
 public:
  struct Parts {
    db::Purges& purges;
    const base::Clock& clock;
    std::function<void(std::int64_t milliseconds)> rest;
    std::function<void(const PurgeProgress& progress)> observe;  // after each batch
  };

  explicit Purge(Parts parts) : parts_(std::move(parts)) {}

  PurgeReport run(const db::Retention& retention, std::string_view actor);

 private:
  enum class Step { kMore, kFinished, kTakenOver };

  bool sweep_sessions(const db::Retention& retention, PurgeProgress& progress);
  bool delete_audit_events(const db::Retention& retention, PurgeProgress& progress);
  bool delete_attempts(const db::Retention& retention, PurgeProgress& progress);
  bool delete_addresses(const db::Retention& retention, PurgeProgress& progress);
  bool repeat(const PurgeProgress& progress, const std::function<Step()>& batch);
  void rest_since(std::int64_t started_ns);

  Parts parts_;
};

}  // namespace latchkey::service
