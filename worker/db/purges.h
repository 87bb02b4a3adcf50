// SPDX-License-Identifier: Apache-2.0
#pragma once

// Deleting what nobody needs any more, a batch a call: the functions of sql/deploy/purge.sql.
//
// One purge at a time: begin() takes a lock of the connection, and every batch makes sure that it
// still holds. Outcomes are values; base::Error means that the database could not be asked or is
// broken (database.h). A batch whose answer was lost may have been carried out, and the next purge
// finds out.
//
// Used by `latchkey purge`, as the role latchkey_admin. Times are whole seconds.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "db/database.h"

namespace latchkey::db {

// How long what is over is kept.
struct Retention {
  std::int64_t sessions_after_s = 0;
  std::int64_t audit_s = 0;      // 0: for ever
  std::int64_t attempts_s = 0;   // at passwords
  std::int64_t addresses_s = 0;  // that users have logged in from
};

struct AuditBatch {
  std::int64_t deleted = 0;
  std::int64_t last_id = 0;  // where the next batch begins
  bool is_last = false;
};

// Of attempts at passwords, by their keys.
struct ThrottleBatch {
  std::int64_t deleted = 0;
  std::optional<std::string> last_key;  // where the next batch begins
  bool is_last = false;
};

// Of addresses, by their users.
struct AddressBatch {
  std::int64_t deleted = 0;
  std::int64_t last_user_id = 0;  // where the next batch begins
  bool is_last = false;
};

class Purges {
 public:
  Purges() = default;
  Purges(const Purges&) = delete;
  Purges& operator=(const Purges&) = delete;
  virtual ~Purges() = default;

  // How many pages the table of sessions has; nullopt: another purge has the lock. `actor` is who
  // asks for it, for the audit trail.
  virtual std::optional<std::int64_t> begin(const Retention& retention, std::string_view actor) = 0;
  // How many were deleted in that range of pages; nullopt: another purge has taken the lock.
  virtual std::optional<std::int64_t> delete_sessions(const Retention& retention,
                                                      std::int64_t first_page,
                                                      std::int32_t pages) = 0;
  // The same for the audit events that follow `after_id`, at most `limit` of them.
  virtual std::optional<AuditBatch> delete_audit_events(const Retention& retention,
                                                        std::int64_t after_id,
                                                        std::int32_t limit) = 0;
  // nullopt for `after_key`: from the beginning.
  virtual std::optional<ThrottleBatch> delete_attempts(const Retention& retention,
                                                       const std::optional<std::string>& after_key,
                                                       std::int32_t limit) = 0;
  virtual std::optional<AddressBatch> delete_addresses(const Retention& retention,
                                                       std::int64_t after_user_id,
                                                       std::int32_t limit) = 0;
  virtual void end() = 0;
};

class PgPurges final : public Purges {
 public:
  explicit PgPurges(Database& database) : database_(database) {}

  std::optional<std::int64_t> begin(const Retention& retention, std::string_view actor) override;
  std::optional<std::int64_t> delete_sessions(const Retention& retention, std::int64_t first_page,
                                              std::int32_t pages) override;
  std::optional<AuditBatch> delete_audit_events(const Retention& retention, std::int64_t after_id,
                                                std::int32_t limit) override;
  std::optional<ThrottleBatch> delete_attempts(const Retention& retention,
                                               const std::optional<std::string>& after_key,
                                               std::int32_t limit) override;
  std::optional<AddressBatch> delete_addresses(const Retention& retention,
                                               std::int64_t after_user_id,
                                               std::int32_t limit) override;
  void end() override;

 private:
  Database& database_;
};

}  // namespace latchkey::db
