// SPDX-License-Identifier: Apache-2.0
#include "cli/compose.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/json_reader.h"
#include "config/load.h"
#include "doubles/captured_log.h"

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
};

TEST_F(ComposeTest, AServiceAnswersWithoutItsDatabase) {
  const config::Settings all = settings(folder_);
  Service service(all);
  http::Request health = request("GET", "/health");
  EXPECT_EQ(service.answer(health).status, 200);
  http::Request readiness = request("GET", "/readiness");
  const http::Response down = service.answer(readiness);
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(base::parse_json_object(down.body).find_string("error_code"), "DATABASE_UNAVAILABLE");
}

TEST_F(ComposeTest, TheSettingsReachWhatTheyAreFor) {
  const config::Settings all = settings(folder_);
  Service service(all);
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
  Service one(all);
  Service other(all);
  const auto code_from = [](Service& service) {
    http::Request readiness = request("GET", "/readiness");
    return std::string(
        *base::parse_json_object(service.answer(readiness).body).find_string("error_code"));
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code_from(one), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(code_from(other), "CIRCUIT_OPEN");
}

TEST_F(ComposeTest, WithoutTheSharedSegmentAWorkerWorksAloneAndSaysSo) {
  const config::Settings all = settings(folder_ + "/missing");
  const doubles::CapturedLog log;
  Service service(all);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0].find_string("level"), "ERROR");
  EXPECT_EQ(log.lines()[0].find_string("logger"), "latchkey.shm");
  http::Request health = request("GET", "/health");
  EXPECT_EQ(service.answer(health).status, 200);
}

}  // namespace
}  // namespace latchkey::cli
