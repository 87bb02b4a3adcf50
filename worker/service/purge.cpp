// SPDX-License-Identifier: Apache-2.0
#include "service/purge.h"

#include <algorithm>
#include <optional>
#include <string>

namespace latchkey::service {
namespace {

// About two thousand rows a batch, which is some 10 ms.
constexpr std::int32_t kPagesPerBatch = 64;
constexpr std::int32_t kAuditEventsPerBatch = 2000;
// Keys are hashes, so the rows of a batch lie on as many pages.
constexpr std::int32_t kLoginRowsPerBatch = 500;
// A purge works for a tenth of the time.
constexpr std::int64_t kRestFactor = 9;
constexpr std::int64_t kMinRestMs = 2;

}  // namespace

PurgeReport Purge::run(const db::Retention& retention, std::string_view actor) {
  PurgeReport report;
  const std::optional<std::int64_t> pages = parts_.purges.begin(retention, actor);
  if (!pages) return {.outcome = PurgeOutcome::kBusy, .progress = {}};
  report.progress.pages = *pages;
  if (!sweep_sessions(retention, report.progress) ||
      !delete_audit_events(retention, report.progress) ||
      !delete_attempts(retention, report.progress) ||
      !delete_addresses(retention, report.progress)) {
    report.outcome = PurgeOutcome::kBusy;
    return report;
  }
  parts_.purges.end();
  return report;
}

// False when another purge has taken over.
bool Purge::sweep_sessions(const db::Retention& retention, PurgeProgress& progress) {
  while (progress.pages_swept < progress.pages) {
    const std::int64_t started_ns = parts_.clock.monotonic_ns();
    const auto deleted =
        parts_.purges.delete_sessions(retention, progress.pages_swept, kPagesPerBatch);
    if (!deleted) return false;
    progress.sessions_deleted += *deleted;
    progress.pages_swept = std::min(progress.pages, progress.pages_swept + kPagesPerBatch);
    parts_.observe(progress);
    rest_since(started_ns);
  }
  return true;
}

bool Purge::delete_audit_events(const db::Retention& retention, PurgeProgress& progress) {
  if (retention.audit_s == 0) return true;
  return repeat(progress, [&, after_id = std::int64_t{0}]() mutable {
    const auto batch = parts_.purges.delete_audit_events(retention, after_id, kAuditEventsPerBatch);
    if (!batch) return Step::kTakenOver;
    progress.audit_events_deleted += batch->deleted;
    after_id = batch->last_id;
    return batch->is_last ? Step::kFinished : Step::kMore;
  });
}

bool Purge::delete_attempts(const db::Retention& retention, PurgeProgress& progress) {
  return repeat(progress, [&, after_key = std::optional<std::string>()]() mutable {
    const auto batch = parts_.purges.delete_attempts(retention, after_key, kLoginRowsPerBatch);
    if (!batch) return Step::kTakenOver;
    progress.attempts_deleted += batch->deleted;
    after_key = batch->last_key;
    return batch->is_last ? Step::kFinished : Step::kMore;
  });
}

bool Purge::delete_addresses(const db::Retention& retention, PurgeProgress& progress) {
  return repeat(progress, [&, after_user_id = std::int64_t{0}]() mutable {
    const auto batch = parts_.purges.delete_addresses(retention, after_user_id, kLoginRowsPerBatch);
    if (!batch) return Step::kTakenOver;
    progress.addresses_deleted += batch->deleted;
    after_user_id = batch->last_user_id;
    return batch->is_last ? Step::kFinished : Step::kMore;
  });
}

// Batch after batch; false when another purge has taken over.
bool Purge::repeat(const PurgeProgress& progress, const std::function<Step()>& batch) {
  for (;;) {
    const std::int64_t started_ns = parts_.clock.monotonic_ns();
    const Step step = batch();
    if (step == Step::kTakenOver) return false;
    parts_.observe(progress);
    if (step == Step::kFinished) return true;
    rest_since(started_ns);
  }
}

void Purge::rest_since(std::int64_t started_ns) {
  const std::int64_t worked_ms = (parts_.clock.monotonic_ns() - started_ns) / 1'000'000;
  parts_.rest(std::max(kMinRestMs, worked_ms * kRestFactor));
}

}  // namespace latchkey::service
