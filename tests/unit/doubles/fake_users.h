// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "db/users.h"

namespace latchkey::doubles {

// Users in a list, sorted by id; remembers what was asked of it, as words.
class FakeUsers final : public db::Users {
 public:
  std::vector<db::User> list(const db::UserQuery& /*query*/, const db::User* last,
                             std::int32_t limit) override {
    limits.push_back(limit);
    std::vector<db::User> page;
    for (const db::User& user : users) {
      if (last != nullptr && user.id <= last->id) continue;
      if (std::ssize(page) < limit) page.push_back(user);
    }
    return page;
  }
  std::optional<db::UserDetail> find(const db::UserKey& key) override {
    for (const db::User& user : users) {
      if (user.id == key.id || user.email == key.email || user.username == key.username)
        return db::UserDetail{.user = user, .password_scheme = "$2b$04"};
    }
    return std::nullopt;
  }
  db::Creation create(const db::ImportedUser& user, std::string_view actor) override {
    note("create " + user.email + ' ' + user.username + ' ' + user.password_hash, actor);
    return creation;
  }
  db::ActiveChange set_active(std::int64_t user_id, bool is_active,
                              std::string_view actor) override {
    note((is_active ? "activate " : "deactivate ") + std::to_string(user_id), actor);
    return active_change;
  }
  std::optional<std::int64_t> reset_password(std::int64_t user_id, std::string_view new_hash,
                                             std::string_view actor) override {
    note("reset " + std::to_string(user_id) + ' ' + std::string(new_hash), actor);
    return ended;
  }
  std::vector<db::SessionEntry> list_sessions(std::int64_t /*user_id*/,
                                              std::int32_t limit) override {
    limits.push_back(limit);
    return {};
  }
  bool revoke_session(const base::Uuid& session_id, std::int64_t user_id,
                      std::string_view actor) override {
    note("revoke " + session_id.text() + ' ' + std::to_string(user_id), actor);
    return ended.has_value();
  }
  std::optional<std::int64_t> revoke_sessions(std::int64_t user_id,
                                              std::string_view actor) override {
    note("revoke " + std::to_string(user_id), actor);
    return ended;
  }
  std::vector<db::AuditEvent> list_events(std::int64_t /*user_id*/, std::int32_t limit) override {
    limits.push_back(limit);
    db::AuditEvent event;
    event.event = "logged_in";
    return {event};
  }
  // Takes each username once, whatever the email, unless it is a dry run.
  std::vector<db::ImportRefusal> import_batch(std::span<const db::ImportedUser> batch,
                                              bool is_dry_run, std::string_view actor) override {
    note("import " + std::to_string(batch.size()), actor);
    std::vector<db::ImportRefusal> refusals;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bool is_taken =
          is_dry_run ? names.contains(batch[i].username) : !names.insert(batch[i].username).second;
      if (is_taken) refusals.push_back({i, db::ImportOutcome::kUsernameTaken});
    }
    return refusals;
  }

  std::vector<db::User> users;
  std::set<std::string> names;
  db::Creation creation{db::CreateOutcome::kCreated, 7};
  db::ActiveChange active_change{db::ActiveOutcome::kChanged, 2};
  std::optional<std::int64_t> ended = 3;
  std::vector<std::string> deeds;
  std::vector<std::int32_t> limits;

 private:
  void note(const std::string& deed, std::string_view actor) {
    deeds.push_back(deed + " by " + std::string(actor));
  }
};

}  // namespace latchkey::doubles
