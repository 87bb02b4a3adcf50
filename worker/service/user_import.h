// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes over users from elsewhere with the password hashes that they have; whoever logs in with the
// old password gets a hash of the configured scheme and cost.
//
// Emails and usernames obey the rules of registration; a hash must be one that the table of schemes
// (crypto/password_scheme.h) can verify. A line that does not fit, or whose names are taken, by the
// database or by an earlier line, is refused by its number and leaves the others alone. Lines go to
// the database in batches: one call and one transaction each. So a run that breaks off has taken
// whole batches, and may be repeated.
//
// Used by `latchkey user import`. Failures are those of the reader and the database.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "db/users.h"
#include "service/import_reader.h"

namespace latchkey::service {

struct ImportRefusal {
  std::int64_t line = 0;
  ImportFault fault;
};

struct ImportCounts {
  std::int64_t taken = 0;
  std::int64_t refused = 0;
};

// The user that a line stands for, or why it is refused.
std::variant<db::ImportedUser, ImportFault> judge(ImportFields fields, std::int64_t now_ms);

class UserImport {
 public:
  struct Parts {
    db::Users& users;
    const base::Clock& clock;
    std::string actor;
    bool is_dry_run = false;
    std::function<void(const ImportRefusal& refusal)> refuse;  // in the order of the lines
    std::function<void(const ImportCounts& counts)> observe;   // after each batch
  };

  explicit UserImport(Parts parts) : parts_(std::move(parts)) {}

  ImportCounts run(ImportReader& reader);

 private:
  void finish_batch();
  bool is_new_to_file(const db::ImportedUser& user, ImportFault& fault);

  Parts parts_;
  ImportCounts counts_;
  std::vector<db::ImportedUser> users_;
  std::vector<std::int64_t> lines_;  // of users_
  std::vector<ImportRefusal> refusals_;
  // Of a dry run: what earlier lines would have taken, as 64 bits of each name.
  std::unordered_set<std::size_t> seen_;
};

}  // namespace latchkey::service
