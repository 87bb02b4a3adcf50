// SPDX-License-Identifier: Apache-2.0
#include "api/views.h"

#include <gtest/gtest.h>

#include "doubles/records.h"

namespace latchkey::api {
namespace {

constexpr const char* kUserJson =
    R"({"id":42,"email":"Ada@example.com","username":"ada","is_active":true,)"
    R"("created_at":"2026-02-19T10:30:45.123Z","updated_at":"2026-02-19T10:30:46.000Z",)"
    R"("last_login":"2026-02-19T10:30:47.001Z"})";

void expect_private_json(const http::Response& response, int status) {
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.content_type, "application/json");
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].first, "Cache-Control");
  EXPECT_EQ(response.headers[0].second, "no-store");
}

TEST(Views, AUser) {
  const http::Response response = user_response(doubles::user());
  expect_private_json(response, 200);
  EXPECT_EQ(response.body, kUserJson);
}

TEST(Views, AUserWhoHasNeverLoggedIn) {
  db::User user = doubles::user();
  user.last_login_ms.reset();
  user.is_active = false;
  EXPECT_EQ(user_response(user).body,
            R"({"id":42,"email":"Ada@example.com","username":"ada","is_active":false,)"
            R"("created_at":"2026-02-19T10:30:45.123Z","updated_at":"2026-02-19T10:30:46.000Z",)"
            R"("last_login":null})");
}

TEST(Views, APairOfTokens) {
  const service::TokenPair pair{.access_token = "a.b.c",
                                .refresh_token = "d.e.f",
                                .access_expires_in_s = 1800,
                                .refresh_expires_in_s = 604'800};
  const http::Response response = token_response(201, pair, doubles::user());
  expect_private_json(response, 201);
  EXPECT_EQ(response.body, R"({"access_token":"a.b.c","refresh_token":"d.e.f",)"
                           R"("token_type":"bearer","expires_in":1800,)"
                           R"("refresh_expires_in":604800,"user":)" +
                               std::string(kUserJson) + "}");
}

TEST(Views, AListOfSessions) {
  const db::SessionEntry current{.id = doubles::uuid(),
                                 .created_at_ms = 0,
                                 .last_used_at_ms = 1,
                                 .expires_at_ms = 86'400'000,
                                 .ip = "192.0.2.1",
                                 .user_agent = "a \"browser\""};
  const db::SessionEntry other{.id = doubles::uuid(doubles::kOtherSessionId),
                               .created_at_ms = 0,
                               .last_used_at_ms = 0,
                               .expires_at_ms = 0,
                               .ip = "",
                               .user_agent = "curl/7.88.1"};
  const http::Response response = session_list_response({current, other}, doubles::uuid());
  expect_private_json(response, 200);
  EXPECT_EQ(response.body,
            R"({"sessions":[{"id":"0f0e0d0c-0b0a-4908-8706-050403020100",)"
            R"("created_at":"1970-01-01T00:00:00.000Z","last_used_at":"1970-01-01T00:00:00.001Z",)"
            R"("expires_at":"1970-01-02T00:00:00.000Z","ip":"192.0.2.1",)"
            R"("user_agent":"a \"browser\"","device":null,"network":"public","current":true},)"
            R"({"id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",)"
            R"("created_at":"1970-01-01T00:00:00.000Z","last_used_at":"1970-01-01T00:00:00.000Z",)"
            R"("expires_at":"1970-01-01T00:00:00.000Z","ip":null,"user_agent":"curl/7.88.1",)"
            R"("device":"curl","network":null,"current":false}]})");
}

TEST(Views, NoSessions) {
  EXPECT_EQ(session_list_response({}, doubles::uuid()).body, R"({"sessions":[]})");
}

TEST(Views, AMessage) {
  const http::Response response = message_response("Logged out");
  expect_private_json(response, 200);
  EXPECT_EQ(response.body, R"({"message":"Logged out"})");
}

}  // namespace
}  // namespace latchkey::api
