// SPDX-License-Identifier: Apache-2.0
#include "service/purge.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "doubles/fake_clock.h"

namespace latchkey::service {
namespace {

// 130 pages of sessions, one deleted a page; three batches of audit events. A batch takes 10 ms.
class FakePurges final : public db::Purges {
 public:
  explicit FakePurges(doubles::FakeClock& clock) : clock_(clock) {}

  std::optional<std::int64_t> begin(const db::Retention& /*retention*/,
                                    std::string_view /*actor*/) override {
    if (is_busy) return std::nullopt;
    return 130;
  }
  std::optional<std::int64_t> delete_sessions(const db::Retention& /*retention*/,
                                              std::int64_t first_page,
                                              std::int32_t pages) override {
    clock_.advance_ms(10);
    first_pages.push_back(first_page);
    if (std::ssize(first_pages) == lost_at) return std::nullopt;
    return pages;
  }
  std::optional<db::AuditBatch> delete_audit_events(const db::Retention& /*retention*/,
                                                    std::int64_t after_id,
                                                    std::int32_t limit) override {
    clock_.advance_ms(20);
    after_ids.push_back(after_id);
    if (std::ssize(after_ids) == audit_lost_at) return std::nullopt;
    return db::AuditBatch{
        .deleted = limit, .last_id = after_id + limit, .is_last = after_ids.size() == 3};
  }
  std::optional<db::ThrottleBatch> delete_attempts(const db::Retention& /*retention*/,
                                                   const std::optional<std::string>& after_key,
                                                   std::int32_t limit) override {
    clock_.advance_ms(1);
    after_keys.push_back(after_key.value_or("-"));
    if (std::ssize(after_keys) == attempts_lost_at) return std::nullopt;
    return db::ThrottleBatch{.deleted = limit - 1,
                             .last_key = std::to_string(after_keys.size()),
                             .is_last = after_keys.size() == 3};
  }
  std::optional<db::AddressBatch> delete_addresses(const db::Retention& /*retention*/,
                                                   std::int64_t after_user_id,
                                                   std::int32_t limit) override {
    clock_.advance_ms(1);
    after_users.push_back(after_user_id);
    if (std::ssize(after_users) == addresses_lost_at) return std::nullopt;
    return db::AddressBatch{.deleted = limit + 1,
                            .last_user_id = after_user_id + 7,
                            .is_last = after_users.size() == 2};
  }
  void end() override { has_ended = true; }

  bool is_busy = false;
  bool has_ended = false;
  std::int64_t lost_at = 0;
  std::int64_t audit_lost_at = 0;
  std::vector<std::int64_t> first_pages;
  std::vector<std::int64_t> after_ids;
  std::int64_t attempts_lost_at = 0;
  std::vector<std::string> after_keys;
  std::int64_t addresses_lost_at = 0;
  std::vector<std::int64_t> after_users;

 private:
  doubles::FakeClock& clock_;
};

class PurgeTest : public ::testing::Test {
 protected:
  PurgeReport run(std::int64_t audit_s = 1) {
    Purge purge({.purges = purges_,
                 .clock = clock_,
                 .rest = [this](std::int64_t ms) { rests_.push_back(ms); },
                 .observe = [this](const PurgeProgress& progress) { seen_.push_back(progress); }});
    return purge.run({.sessions_after_s = 1, .audit_s = audit_s, .attempts_s = 1, .addresses_s = 1},
                     "cli:root");
  }

  doubles::FakeClock clock_;
  FakePurges purges_{clock_};
  std::vector<std::int64_t> rests_;
  std::vector<PurgeProgress> seen_;
};

TEST_F(PurgeTest, SweepsOnceAndRestsNineTimesAsLongAsItWorks) {
  const PurgeReport report = run();
  EXPECT_EQ(report.outcome, PurgeOutcome::kDone);
  EXPECT_EQ(purges_.first_pages, (std::vector<std::int64_t>{0, 64, 128}));
  EXPECT_EQ(purges_.after_ids, (std::vector<std::int64_t>{0, 2000, 4000}));
  EXPECT_EQ(purges_.after_keys, (std::vector<std::string>{"-", "1", "2"}));
  EXPECT_EQ(purges_.after_users, (std::vector<std::int64_t>{0, 7}));
  EXPECT_EQ(rests_, (std::vector<std::int64_t>{90, 90, 90, 180, 180, 9, 9, 9}));
  EXPECT_EQ(report.progress.pages_swept, 130);
  EXPECT_EQ(report.progress.sessions_deleted, 3 * 64);
  EXPECT_EQ(report.progress.audit_events_deleted, 6000);
  EXPECT_EQ(report.progress.attempts_deleted, 3 * 499);
  EXPECT_EQ(report.progress.addresses_deleted, 2 * 501);
  EXPECT_EQ(seen_.size(), 11U);
  EXPECT_TRUE(purges_.has_ended);
}

TEST_F(PurgeTest, AuditEventsMayBeKeptForEver) {
  EXPECT_EQ(run(0).outcome, PurgeOutcome::kDone);
  EXPECT_TRUE(purges_.after_ids.empty());
  EXPECT_TRUE(purges_.has_ended);
}

TEST_F(PurgeTest, OneAtATime) {
  purges_.is_busy = true;
  EXPECT_EQ(run().outcome, PurgeOutcome::kBusy);
  EXPECT_TRUE(purges_.first_pages.empty());
  EXPECT_FALSE(purges_.has_ended);
}

TEST_F(PurgeTest, MakesWayForOneThatTookItsLock) {
  purges_.lost_at = 2;
  const PurgeReport report = run();
  EXPECT_EQ(report.outcome, PurgeOutcome::kBusy);
  EXPECT_EQ(report.progress.sessions_deleted, 64);
  EXPECT_TRUE(purges_.after_ids.empty());
  purges_.lost_at = 0;
  purges_.audit_lost_at = 1;
  EXPECT_EQ(run().outcome, PurgeOutcome::kBusy);
  purges_.audit_lost_at = 0;
  purges_.attempts_lost_at = 1;
  EXPECT_EQ(run(0).outcome, PurgeOutcome::kBusy);
  EXPECT_TRUE(purges_.after_users.empty());
  purges_.attempts_lost_at = 0;
  purges_.addresses_lost_at = 1;
  EXPECT_EQ(run(0).outcome, PurgeOutcome::kBusy);
  EXPECT_FALSE(purges_.has_ended);
}

}  // namespace
}  // namespace latchkey::service
