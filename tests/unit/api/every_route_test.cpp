// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "doubles/captured_log.h"
#include "doubles/endpoints_fixture.h"

namespace latchkey::api {
namespace {

std::string concrete(std::string_view pattern) {
  std::string path(pattern);
  const auto at = path.find("{id}");
  if (at != std::string::npos) path.replace(at, 4, doubles::kOtherSessionId);
  return path;
}

TEST_F(EndpointsTest, NoGuardedRouteAnswersWithoutAToken) {
  for (const http::Route& route : routes()) {
    if (route.guard != http::Guard::kBearer) continue;
    const Response response = answer(route.method, concrete(route.path), "{}");
    EXPECT_EQ(response.status, 401) << route.method << " " << route.path;
    EXPECT_EQ(code_of(response), "NOT_AUTHENTICATED") << route.method << " " << route.path;
  }
}

TEST_F(EndpointsTest, EveryRouteWithABodyRefusesOneThatCannotBeRead) {
  for (const http::Route& route : routes()) {
    if (route.body == http::Body::kNone) continue;
    const std::string path = concrete(route.path);
    EXPECT_EQ(code_of(answer_user(route.method, path, "[]")), "INVALID_JSON") << path;
    Request request = make(route.method, path, "text");
    request.authorization = "Bearer " + pair_.access_token;
    request.content_type = "text/plain";
    EXPECT_EQ(code_of(answer_request(request)), "UNSUPPORTED_MEDIA_TYPE") << path;
  }
}

// What a handler answers is on the list that the documentation is held to.
TEST_F(EndpointsTest, NoRouteAnswersWithAnErrorThatIsNotOnItsList) {
  sessions_.standing = db::Standing::kEnded;
  accounts_.standing = db::Standing::kEnded;
  accounts_.update_outcome = db::UpdateOutcome::kEnded;
  sessions_.revoke_answer = db::RevokeOutcome::kEnded;
  for (const http::Route& route : routes()) {
    std::set<std::string> listed;
    for (const base::ErrorCode code : errors_of(route)) {
      listed.insert(std::string(base::row_of(code).name));
    }
    for (const std::string body : {"{}", "[]", R"({"username":"ada2","password":"wrong"})"}) {
      const Response response = answer_user(route.method, concrete(route.path), body);
      if (response.status < 400) continue;
      EXPECT_TRUE(listed.contains(code_of(response)))
          << route.method << " " << route.path << " " << code_of(response);
    }
  }
}

}  // namespace
}  // namespace latchkey::api
