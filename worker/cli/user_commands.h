// SPDX-License-Identifier: Apache-2.0
#pragma once

// The verbs of `latchkey user`. user_command.cpp is their table and says their failures.
//
// A verb gets the words after it and gives the exit code.

#include "cli/commands.h"

namespace latchkey::cli {

int list_users(const Words& words);
int show_user(const Words& words);
int create_user(const Words& words);
int deactivate_user(const Words& words);
int activate_user(const Words& words);
int reset_password(const Words& words);
int list_user_sessions(const Words& words);
int revoke_user_sessions(const Words& words);
int show_user_audit(const Words& words);
int import_users(const Words& words);

}  // namespace latchkey::cli
