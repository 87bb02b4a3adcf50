// SPDX-License-Identifier: Apache-2.0
#include "cli/compose.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/json_reader.h"
#include "cli/shared_segment.h"
#include "config/load.h"
#include "doubles/captured_log.h"
#include "shm/metrics.h"
#include "shm/segment.h"

namespace latchkey::cli {
namespace {

// A worker's objects over a folder of the test's own, and a database that is not there.
class ComposeTest : public ::testing::Test {
 protected:
  ComposeTest() {
    std::string folder = "/tmp/latchkey-compose-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = folder;
  }
  ~ComposeTest() override { std::filesystem::remove_all(folder_); }

  static config::Settings settings(const std::string& runtime_dir) {
    const std::string directory = "RUNTIME_DIR=" + runtime_dir;
    const std::array environment{"DATABASE_URL=host=/nonexistent user=latchkey_app",
                                 "JWT_SECRET_KEY=Zq3vN8rT5yUiOpAsDfGhJkLzXcVbNm0172",
                                 "BCRYPT_ROUNDS=4",
                                 "PASSWORD_POLICY=composition",
                                 directory.c_str(),
                                 static_cast<const char*>(nullptr)};
    return config::load(environment.data(), std::nullopt);
  }

  static http::Request request(std::string_view method, std::string_view path,
                               std::string_view body = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.content_type = "application/json";
    request.body = base::Secret(body);
    return request;
  }

  std::string folder_;
  shm::Segment segment_ = shm::Segment::make_private();
  shm::Metrics metrics_{segment_.layout(), 0, 1};
};

TEST_F(ComposeTest, AServiceAnswersWithoutItsDatabase) {
  const config::Settings all = settings(folder_);
  Service service(all, segment_.layout(), metrics_, 0);
  http::Request health = request("GET", "/health");
  EXPECT_EQ(service.answer(health).status, 200);
  http::Request readiness = request("GET", "/readiness");
  const http::Response down = service.answer(readiness);
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(base::parse_json_object(down.body).find_string("error_code"), "DATABASE_UNAVAILABLE");
}

TEST_F(ComposeTest, TheSettingsReachWhatTheyAreFor) {
  const config::Settings all = settings(folder_);
  Service service(all, segment_.layout(), metrics_, 0);
  http::Request registration =
      request("POST", "/auth/register",
              R"({"email":"a@b.co","username":"ada","password":"no digits here"})");
  const http::Response refused = service.answer(registration);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("composition"), std::string::npos);
}

// The breaker is opened by one worker for all of them.
TEST_F(ComposeTest, ServicesOfOneFolderShareTheirBreaker) {
  const config::Settings all = settings(folder_);
  const shm::Segment seen_by_one = open_segment(all);
  const shm::Segment seen_by_other = open_segment(all);
  Service one(all, seen_by_one.layout(), metrics_, 0);
  Service other(all, seen_by_other.layout(), metrics_, 0);
  const auto code_from = [](Service& service) {
    http::Request readiness = request("GET", "/readiness");
    return std::string(
        *base::parse_json_object(service.answer(readiness).body).find_string("error_code"));
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code_from(one), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(code_from(other), "CIRCUIT_OPEN");
}

TEST_F(ComposeTest, EveryAnswerIsCounted) {
  const config::Settings all = settings(folder_);
  Service service(all, segment_.layout(), metrics_, 0);
  for (const auto& [method, path] :
       {std::pair{"GET", "/health"}, std::pair{"GET", "/health"}, std::pair{"GET", "/readiness"},
        std::pair{"GET", "/nowhere"}}) {
    http::Request asked = request(method, path);
    service.answer(asked);
  }
  http::Request metrics = request("GET", "/metrics");
  const http::Response shown = service.answer(metrics);
  EXPECT_EQ(shown.content_type, "text/plain; version=0.0.4; charset=utf-8");
  for (const char* const line :
       {R"(latchkey_http_requests_total{method="GET",route="/health",code="2xx"} 2)",
        R"(latchkey_http_requests_total{method="GET",route="/readiness",code="5xx"} 1)",
        R"(latchkey_http_requests_total{method="other",route="other",code="4xx"} 1)",
        R"(latchkey_http_request_duration_seconds_count{method="GET",route="/health"} 2)",
        R"(latchkey_errors_total{code="DATABASE_UNAVAILABLE"} 1)",
        R"(latchkey_errors_total{code="NOT_FOUND"} 1)",
        "latchkey_database_duration_seconds_count 1",
        R"(latchkey_circuit_breaker_state{breaker="database",state="closed"} 1)"})
    EXPECT_NE(shown.body.find(line + std::string("\n")), std::string::npos) << line;
}

TEST_F(ComposeTest, WithoutTheSharedSegmentAWorkerWorksAloneAndSaysSo) {
  const config::Settings all = settings(folder_ + "/missing");
  const doubles::CapturedLog log;
  const shm::Segment alone = open_segment(all);
  EXPECT_TRUE(alone.is_private());
  Service service(all, alone.layout(), metrics_, 0);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0].find_string("level"), "ERROR");
  EXPECT_EQ(log.lines()[0].find_string("logger"), "latchkey.shm");
  http::Request health = request("GET", "/health");
  EXPECT_EQ(service.answer(health).status, 200);
}

}  // namespace
}  // namespace latchkey::cli
