// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

Route route(std::string_view method, std::string_view path) {
  Route row;
  row.method = method;
  row.path = path;
  return row;
}

Router router() {
  return Router({route("GET", "/"), route("GET", "/things"), route("POST", "/things"),
                 route("DELETE", "/things/{id}"), route("PUT", "/things/special/deep")});
}

// The pattern that answers, or "" if none does.
std::string_view pattern_of(std::string_view method, std::string_view path) {
  static const Router kRouter = router();
  const Match match = kRouter.find(method, path);
  return match.route == nullptr ? std::string_view() : match.route->path;
}

TEST(Router, FindsByMethodAndPath) {
  EXPECT_EQ(pattern_of("GET", "/"), "/");
  EXPECT_EQ(pattern_of("GET", "/things"), "/things");
  EXPECT_EQ(pattern_of("POST", "/things"), "/things");
  EXPECT_EQ(router().routes().size(), 5U);
}

TEST(Router, TakesNoPathThatOnlyLooksAlike) {
  for (const std::string_view path : {"", "things", "/things/", "//things", "/Things", "/thing",
                                      "/thingss", "/things?x", "/other", "/things/{id}/more"}) {
    EXPECT_EQ(pattern_of("GET", path), "") << path;
  }
  EXPECT_EQ(pattern_of("get", "/things"), "");
}

TEST(Router, GivesTheSegmentThatStoodForTheParameter) {
  const Router routes = router();
  const Match match = routes.find("DELETE", "/things/a-b.c");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.path_parameter, "a-b.c");
  EXPECT_EQ(routes.find("GET", "/things").path_parameter, "");
  EXPECT_EQ(routes.find("DELETE", "/api/v1/things/x").path_parameter, "x");
}

TEST(Router, AParameterIsOneSegment) {
  EXPECT_EQ(pattern_of("DELETE", "/things/"), "");
  EXPECT_EQ(pattern_of("DELETE", "/things/a/b"), "");
  EXPECT_EQ(pattern_of("DELETE", "/things/a/"), "");
  EXPECT_EQ(pattern_of("DELETE", "/thing"), "");
}

TEST(Router, AnswersEveryPathBelowTheVersionToo) {
  EXPECT_EQ(pattern_of("GET", "/api/v1"), "/");
  EXPECT_EQ(pattern_of("GET", "/api/v1/"), "/");
  EXPECT_EQ(pattern_of("GET", "/api/v1/things"), "/things");
  EXPECT_EQ(pattern_of("GET", "/api/v10/things"), "");
  EXPECT_EQ(pattern_of("GET", "/api/v1things"), "");
  EXPECT_EQ(pattern_of("GET", "/api/v1/api/v1/things"), "");
  EXPECT_EQ(pattern_of("GET", "/api/v2/things"), "");
  EXPECT_EQ(pattern_of("GET", "/api"), "");
}

TEST(Router, ListsTheMethodsOfAPath) {
  const Router routes = router();
  EXPECT_EQ(routes.methods_of("/things"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(routes.methods_of("/api/v1/things"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(routes.methods_of("/things/7"), "DELETE, OPTIONS");
  EXPECT_EQ(routes.methods_of("/nothing"), "");
}

TEST(Router, TellsAnotherMethodFromAnotherPath) {
  const Router routes = router();
  const Match other_method = routes.find("PATCH", "/things");
  EXPECT_EQ(other_method.route, nullptr);
  EXPECT_EQ(other_method.allow, "GET, HEAD, POST, OPTIONS");
  const Match other_path = routes.find("GET", "/nothing");
  EXPECT_EQ(other_path.route, nullptr);
  EXPECT_EQ(other_path.allow, "");
  EXPECT_EQ(routes.find("GET", "/things").allow, "");
}

}  // namespace
}  // namespace latchkey::http
