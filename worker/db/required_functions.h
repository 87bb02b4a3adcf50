// SPDX-License-Identifier: Apache-2.0
#pragma once

// The functions of the schema `latchkey` that this program calls, by their signatures.
//
// `latchkey doctor` looks for each of them. Tests hold the table to what it stands for: to the
// statements of this room, and to the list of what latchkey_app may call in tests/sql/grants.sql.
//
// Used on the command line. No failures: the table is constant.

#include <array>
#include <string_view>

namespace latchkey::db {

inline constexpr auto kRequiredFunctions = std::to_array<std::string_view>({
    "readiness()",
    "login_names_taken(text,text)",
    "register_user(text,text,text,uuid,integer,inet,text,text)",
    "refresh_session(uuid,bigint,integer,integer,integer,inet,text,text)",
    "settle_refresh(uuid,bigint,integer,integer,inet,text)",
    "revoked_since(bigint,integer)",
    "logout(uuid,bigint,inet,text,text)",
    "logout_all(uuid,bigint,inet,text,text)",
    "session_user(uuid,bigint)",
    "list_sessions(uuid,bigint)",
    "revoke_session(uuid,bigint,uuid,inet,text,text)",
    "update_user(uuid,bigint,text,text,inet,text,text)",
    "deactivate_user(uuid,bigint,inet,text,text)",
    "password_change_begin(uuid,bigint)",
    "password_change(uuid,bigint,text,text,inet,text,text)",
    "password_change_failed(uuid,bigint,text,inet,text,text)",
    "login_attempt(text,text,integer,integer,integer,inet,text,text)",
    "login_accepted(bigint,text,text,bytea,uuid,integer,inet,text,text)",
    "login_refused(bigint,text,bytea,integer,inet,text,text)",
    "password_attempt(uuid,bigint,integer,integer,integer,inet,text,text)",
});

// Granted too, for programs of before that run beside this one; this one calls them not.
inline constexpr auto kFormerFunctions = std::to_array<std::string_view>({
    "login_begin(text,text)",
    "login_succeeded(bigint,text,text,uuid,integer,inet,text,text)",
    "login_failed(bigint,text,inet,text,text)",
});

}  // namespace latchkey::db
