// SPDX-License-Identifier: Apache-2.0
#pragma once

// A user, a session and where a request comes from, for tests that need any.

#include "base/uuid.h"
#include "db/records.h"

namespace latchkey::doubles {

inline constexpr const char* kSessionId = "0f0e0d0c-0b0a-4908-8706-050403020100";
inline constexpr const char* kOtherSessionId = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

inline base::Uuid uuid(std::string_view text = kSessionId) {
  return base::Uuid::parse(text).value();
}

inline db::User user() {
  return {.id = 42,
          .email = "Ada@example.com",
          .username = "ada",
          .is_active = true,
          .created_at_ms = 1'771'497'045'123,
          .updated_at_ms = 1'771'497'046'000,
          .last_login_ms = 1'771'497'047'001};
}

inline db::Session session() {
  return {.id = uuid(),
          .counter = 3,
          .rotated_at_ms = 1'771'497'045'999,
          .expires_at_ms = 1'772'101'845'999};
}

inline db::Grant grant() { return {user(), session()}; }

inline db::Caller caller() { return {uuid(), 42}; }

inline db::Origin origin() {
  return {.ip = "192.0.2.1", .user_agent = "test/1", .request_id = "request-0001"};
}

}  // namespace latchkey::doubles
