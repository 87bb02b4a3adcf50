// SPDX-License-Identifier: Apache-2.0
#include "http/cors.h"

#include <gtest/gtest.h>

#include "http/headers.h"

namespace latchkey::http {
namespace {

constexpr const char* kListed = "https://app.example.com";

Cors cors() { return Cors({"https://other.example.com", kListed}); }

Request request_from(std::string_view origin) {
  Request request;
  request.method = "GET";
  request.origin = origin;
  return request;
}

TEST(Cors, AllowsAListedOriginWithCredentials) {
  Response response;
  cors().add_headers(request_from(kListed), response);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), kListed);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(header_of(response, "Access-Control-Expose-Headers"),
            "X-Request-ID, Retry-After, WWW-Authenticate");
  EXPECT_EQ(header_of(response, "Vary"), "Origin");
}

TEST(Cors, ComparesOriginsByteForByte) {
  for (const std::string_view origin :
       {"https://APP.example.com", "https://app.example.com/", "https://app.example.com:443",
        "http://app.example.com", "https://app.example.com.evil.test", "null", "*", ""}) {
    Response response;
    cors().add_headers(request_from(origin), response);
    EXPECT_EQ(response.headers.size(), 1U) << origin;
    EXPECT_EQ(header_of(response, "Vary"), "Origin") << origin;
  }
}

TEST(Cors, WithoutAListThereAreNoHeaders) {
  Response response;
  Cors({}).add_headers(request_from(kListed), response);
  Cors({}).add_preflight_headers(request_from(kListed), "GET, OPTIONS", response);
  EXPECT_TRUE(response.headers.empty());
}

TEST(Cors, AnswersAPreflightOfAListedOrigin) {
  Response response;
  cors().add_preflight_headers(request_from(kListed), "PUT, OPTIONS", response);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), kListed);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Methods"), "PUT, OPTIONS");
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Headers"),
            "Authorization, Content-Type, X-Request-ID, traceparent");
  EXPECT_EQ(header_of(response, "Access-Control-Max-Age"), "600");
  EXPECT_EQ(header_of(response, "Vary"),
            "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
}

TEST(Cors, TellsOtherOriginsNothingButThatTheAnswerVaries) {
  Response response;
  cors().add_preflight_headers(request_from("https://evil.test"), "PUT, OPTIONS", response);
  EXPECT_EQ(response.headers.size(), 1U);
  EXPECT_NE(header_of(response, "Vary"), "");
}

TEST(Cors, KnowsAPreflightByAllItsMarks) {
  Request request = request_from(kListed);
  EXPECT_FALSE(Cors::is_preflight(request));
  request.preflight_method = "PUT";
  EXPECT_FALSE(Cors::is_preflight(request));
  request.method = "OPTIONS";
  EXPECT_TRUE(Cors::is_preflight(request));
  request.origin.clear();
  EXPECT_FALSE(Cors::is_preflight(request));
}

}  // namespace
}  // namespace latchkey::http
