// SPDX-License-Identifier: Apache-2.0
#pragma once

// What clients see of users, tokens and sessions: the bodies of docs/api.md.
//
// Runs in workers. A password or a hash never comes here.

#include <string_view>
#include <vector>

#include "db/records.h"
#include "db/sessions.h"
#include "http/response.h"
#include "service/tokens.h"

namespace latchkey::api {

http::Response user_response(const db::User& user);
http::Response token_response(int status, const service::TokenPair& tokens, const db::User& user);
// `current` is the caller's own session.
http::Response session_list_response(const std::vector<db::SessionEntry>& entries,
                                     const base::Uuid& current);
http::Response message_response(std::string_view message);

}  // namespace latchkey::api
