// SPDX-License-Identifier: Apache-2.0
#include "api/routes.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace latchkey::api {
namespace {

using base::ErrorCode;
using Names = std::set<std::string>;

std::string name_of(const http::Route& route) {
  return std::string(route.method) + ' ' + std::string(route.path);
}

template <typename Condition>
Names routes_where(Condition condition) {
  Names names;
  for (const http::Route& route : routes()) {
    if (condition(route)) names.insert(name_of(route));
  }
  return names;
}

bool has(const http::Route& route, ErrorCode code) {
  const auto errors = errors_of(route);
  return std::find(errors.begin(), errors.end(), code) != errors.end();
}

TEST(Routes, EachIsThereOnceAndHasAHandler) {
  EXPECT_EQ(routes_where([](const auto&) { return true; }).size(), routes().size());
  EXPECT_EQ(routes_where([](const auto& route) { return route.handler == nullptr; }), Names{});
}

TEST(Routes, TheHashPoolIsForWhatHashes) {
  EXPECT_EQ(routes_where([](const auto& route) { return route.pool == http::Pool::kHash; }),
            (Names{"POST /auth/login", "POST /auth/register", "PUT /users/me/password"}));
}

TEST(Routes, OnlyAFewAnswerToAnybody) {
  EXPECT_EQ(routes_where([](const auto& route) { return route.guard == http::Guard::kNone; }),
            (Names{"GET /", "GET /.well-known/jwks.json", "GET /health", "GET /metrics",
                   "GET /readiness", "POST /auth/login", "POST /auth/logout", "POST /auth/refresh",
                   "POST /auth/refresh-token", "POST /auth/register"}));
}

TEST(Routes, OnlyLoginTakesAForm) {
  EXPECT_EQ(routes_where([](const auto& route) { return route.body == http::Body::kJsonOrForm; }),
            Names{"POST /auth/login"});
}

TEST(Routes, LivenessAsksNoDatabase) {
  EXPECT_EQ(routes_where([](const auto& route) { return !route.asks_database; }),
            (Names{"GET /", "GET /.well-known/jwks.json", "GET /health", "GET /metrics"}));
}

TEST(Routes, AParameterIsTheWholeLastSegment) {
  for (const http::Route& route : routes()) {
    const auto at = route.path.find('{');
    if (at == std::string_view::npos) continue;
    EXPECT_EQ(route.path.substr(at - 1), "/{id}") << route.path;
  }
}

TEST(Routes, NamesNoErrorTwice) {
  for (const http::Route& route : routes()) {
    auto errors = errors_of(route);
    std::sort(errors.begin(), errors.end());
    EXPECT_EQ(std::adjacent_find(errors.begin(), errors.end()), errors.end()) << name_of(route);
  }
}

TEST(Routes, GuardBodyDatabaseAndQueueImplyTheirErrors) {
  for (const http::Route& route : routes()) {
    SCOPED_TRACE(name_of(route));
    if (route.guard == http::Guard::kBearer) {
      EXPECT_TRUE(has(route, ErrorCode::kNotAuthenticated));
      EXPECT_TRUE(has(route, ErrorCode::kTokenExpired));
    }
    EXPECT_EQ(has(route, ErrorCode::kInvalidJson), route.body != http::Body::kNone);
    const bool has_query = route.path == "/auth/verify";
    EXPECT_EQ(has(route, ErrorCode::kValidationError),
              route.body != http::Body::kNone || has_query);
    EXPECT_EQ(has(route, ErrorCode::kCircuitOpen), route.asks_database);
    EXPECT_EQ(has(route, ErrorCode::kOverloaded), route.pool == http::Pool::kHash);
    EXPECT_TRUE(has(route, ErrorCode::kInternalError));
  }
}

}  // namespace
}  // namespace latchkey::api
