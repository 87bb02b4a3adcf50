// SPDX-License-Identifier: Apache-2.0
#include "service/user_import.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/timestamp.h"
#include "crypto/password_scheme.h"
#include "service/field_rules.h"

namespace latchkey::service {
namespace {

constexpr std::size_t kLinesPerBatch = 1000;
constexpr std::size_t kMaxHashBytes = 512;  // as the database has it

struct Truth {
  std::string_view text;
  bool value;
};

// As programs and databases write it.
constexpr std::array kTruths{Truth{"true", true}, Truth{"t", true},      Truth{"1", true},
                             Truth{"yes", true},  Truth{"false", false}, Truth{"f", false},
                             Truth{"0", false},   Truth{"no", false}};

std::optional<bool> parse_truth(std::string_view text) {
  const auto* const found = std::ranges::find_if(
      kTruths, [text](const Truth& truth) { return base::equals_ignoring_case(truth.text, text); });
  return found == kTruths.end() ? std::nullopt : std::optional(found->value);
}

ImportFault missing(std::string_view field) {
  return {std::string(field) + "_missing", "has no " + std::string(field)};
}

ImportFault as_fault(const base::FieldError& error) {
  return {error.field + "_" + error.code, error.field + " " + error.message};
}

ImportFault taken(db::ImportOutcome outcome) {
  switch (outcome) {
    case db::ImportOutcome::kEmailTaken:
      return {"email_taken", "has an email that is taken already"};
    case db::ImportOutcome::kUsernameTaken:
      return {"username_taken", "has a username that is taken already"};
    case db::ImportOutcome::kNameTaken:
      break;
  }
  return {"name_taken", "has an email or username that was taken just now"};
}

std::size_t hash_of(char kind, std::string_view name) {
  std::string key(1, kind);
  for (const char byte : name) key += base::to_lower(byte);
  return std::hash<std::string>{}(key);
}

}  // namespace

std::variant<db::ImportedUser, ImportFault> judge(ImportFields fields, std::int64_t now_ms) {
  if (!fields.email) return missing("email");
  if (!fields.username) return missing("username");
  if (!fields.password_hash) return missing("password_hash");
  Faults faults;
  check_email(*fields.email, faults);
  check_username(*fields.username, faults);
  if (!faults.empty()) return as_fault(faults.front());
  if (fields.password_hash->size() > kMaxHashBytes ||
      crypto::scheme_of_hash(*fields.password_hash) == nullptr) {
    return ImportFault{"password_hash_unsupported",
                       "has a password_hash of no scheme that this program verifies, or of a cost "
                       "out of bounds"};
  }
  db::ImportedUser user{.email = std::move(*fields.email),
                        .username = std::move(*fields.username),
                        .password_hash = std::move(*fields.password_hash),
                        .is_active = true,
                        .created_at_ms = std::nullopt};
  if (fields.is_active) {
    const std::optional<bool> truth = parse_truth(*fields.is_active);
    if (!truth) return ImportFault{"is_active_invalid", "is_active must be true or false"};
    user.is_active = *truth;
  }
  if (fields.created_at) {
    user.created_at_ms = base::parse_timestamp(*fields.created_at);
    if (!user.created_at_ms) {
      return ImportFault{"created_at_invalid",
                         "created_at must be a time such as 2024-01-31T12:00:00Z"};
    }
    if (*user.created_at_ms > now_ms)
      return ImportFault{"created_at_future", "created_at lies in the future"};
  }
  return user;
}

ImportCounts UserImport::run(ImportReader& reader) {
  while (std::optional<ImportEntry> entry = reader.next()) {
    if (!entry->fault) {
      auto judged = judge(std::move(entry->fields), parts_.clock.wall_ms());
      if (auto* const user = std::get_if<db::ImportedUser>(&judged)) {
        users_.push_back(std::move(*user));
        lines_.push_back(entry->line);
      } else {
        entry->fault = std::get<ImportFault>(std::move(judged));
      }
    }
    if (entry->fault) refusals_.push_back({entry->line, std::move(*entry->fault)});
    if (users_.size() + refusals_.size() >= kLinesPerBatch) finish_batch();
  }
  finish_batch();
  return counts_;
}

// False when an earlier line of the file has the name; for a dry run, which leaves nothing behind
// that the database could find.
bool UserImport::is_new_to_file(const db::ImportedUser& user, ImportFault& fault) {
  const std::size_t email = hash_of('e', user.email);
  const std::size_t username = hash_of('u', user.username);
  const bool has_email = seen_.contains(email);
  if (has_email || seen_.contains(username)) {
    fault = taken(has_email ? db::ImportOutcome::kEmailTaken : db::ImportOutcome::kUsernameTaken);
    return false;
  }
  seen_.insert({email, username});
  return true;
}

void UserImport::finish_batch() {
  if (!users_.empty()) {
    std::vector<bool> is_taken(users_.size(), true);
    for (const db::ImportRefusal& refusal :
         parts_.users.import_batch(users_, parts_.is_dry_run, parts_.actor)) {
      is_taken.at(refusal.index) = false;
      refusals_.push_back({lines_[refusal.index], taken(refusal.outcome)});
    }
    for (std::size_t i = 0; i < users_.size() && parts_.is_dry_run; ++i) {
      ImportFault fault;
      if (!is_taken[i] || is_new_to_file(users_[i], fault)) continue;
      is_taken[i] = false;
      refusals_.push_back({lines_[i], std::move(fault)});
    }
    counts_.taken += std::ranges::count(is_taken, true);
  }
  std::ranges::sort(refusals_, {}, &ImportRefusal::line);
  for (const ImportRefusal& refusal : refusals_) parts_.refuse(refusal);
  counts_.refused += static_cast<std::int64_t>(refusals_.size());
  users_.clear();
  lines_.clear();
  refusals_.clear();
  parts_.observe(counts_);
}

}  // namespace latchkey::service
