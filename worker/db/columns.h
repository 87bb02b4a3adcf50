// SPDX-License-Identifier: Apache-2.0
#pragma once

// The columns that several functions of the schema answer with, and how they become records.
//
// Used by the files of this room that call functions. Runs in workers.

#include <string_view>

#include "db/database.h"
#include "db/records.h"

// Literals, so that a statement's text is put together by the compiler.
#define LATCHKEY_USER_COLUMNS \
  "user_id, email, username, is_active, created_at_ms, updated_at_ms, last_login_ms"
#define LATCHKEY_SESSION_COLUMNS "session_id, counter, rotated_at_ms, expires_at_ms"

namespace latchkey::db {

// Both start at the given column of the only row.
User read_user(const Rows& rows, int first_column);
Session read_session(const Rows& rows, int first_column);
// Outcome, user, session: what login, registration and refresh answer with.
Grant read_grant(const Rows& rows);

// The standing that the outcome of a Bearer function names: "ended", "inactive", or the function's
// own word for having done its work.
Standing read_standing(const Statement& statement, const Rows& rows, std::string_view done);

// For an outcome that this program does not know: the schema is newer or was tampered with.
[[noreturn]] void refuse_outcome(const Statement& statement, const Rows& rows);

// NULL for an empty address: inet has no empty form.
Parameter address_of(const Origin& origin);

}  // namespace latchkey::db
