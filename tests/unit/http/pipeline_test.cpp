// SPDX-License-Identifier: Apache-2.0
#include "http/pipeline.h"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json_reader.h"
#include "doubles/captured_log.h"
#include "doubles/fake_clock.h"
#include "doubles/fake_random.h"
#include "http/headers.h"

namespace latchkey::http {
namespace {

using base::Error;
using base::ErrorCode;

constexpr const char* kOrigin = "https://app.example.com";
constexpr const char* kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// A pipeline with an open and a guarded route, whose handler and guard the test may replace.
class PipelineTest : public ::testing::Test {
 protected:
  Response answer(Request& request) { return pipeline_.answer(request); }

  Response answer(std::string_view method, std::string_view path) {
    Request request = make(method, path);
    return answer(request);
  }

  static Request make(std::string_view method, std::string_view path) {
    Request request;
    request.method = method;
    request.path = path;
    request.request_id = "request-0001";
    request.client_ip = "192.0.2.1";
    return request;
  }

  static std::string code_of(const Response& response) {
    return std::string(
        base::parse_json_object(response.body).find_string("error_code").value_or(""));
  }

  std::function<Response(Exchange&)> handler_ = [](Exchange&) { return Response::json(200, "{}"); };
  std::function<void(Exchange&)> guard_ = [](Exchange&) {};
  int handled_ = 0;
  int guarded_ = 0;
  std::string parameter_;
  doubles::FakeClock clock_;
  doubles::FakeRandom random_;
  base::CostMeter meter_{clock_};

 private:
  static Response handle(void* context, Exchange& exchange) {
    auto& self = *static_cast<PipelineTest*>(context);
    ++self.handled_;
    self.parameter_ = exchange.path_parameter;
    return self.handler_(exchange);
  }

  static std::vector<Route> routes() {
    std::vector<Route> rows(5);
    rows[0].method = "GET";
    rows[0].path = "/open";
    rows[1].method = "GET";
    rows[1].path = "/guarded";
    rows[1].guard = Guard::kBearer;
    rows[2].method = "DELETE";
    rows[2].path = "/things/{id}";
    rows[3].method = "GET";
    rows[3].path = "/health";
    rows[4].method = "GET";
    rows[4].path = "/readiness";
    for (Route& row : rows) row.handler = handle;
    return rows;
  }

  Pipeline pipeline_{{.router = Router(routes()),
                      .cors = Cors({kOrigin}),
                      .bearer_guard =
                          [this](Exchange& exchange) {
                            ++guarded_;
                            guard_(exchange);
                          },
                      .handler_context = this},
                     clock_,
                     random_,
                     meter_};
};

TEST_F(PipelineTest, HandsTheRequestToItsHandler) {
  EXPECT_EQ(answer("GET", "/open").body, "{}");
  EXPECT_EQ(handled_, 1);
  EXPECT_EQ(answer("DELETE", "/api/v1/things/x7").status, 200);
  EXPECT_EQ(parameter_, "x7");
}

TEST_F(PipelineTest, AsksTheGuardOfGuardedRoutesOnly) {
  answer("GET", "/open");
  EXPECT_EQ(guarded_, 0);
  answer("GET", "/guarded");
  EXPECT_EQ(guarded_, 1);
  EXPECT_EQ(handled_, 2);
}

TEST_F(PipelineTest, AGuardThatThrowsKeepsTheHandlerOut) {
  guard_ = [](Exchange&) { throw Error(ErrorCode::kTokenExpired); };
  const Response response = answer("GET", "/guarded");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(code_of(response), "TOKEN_EXPIRED");
  EXPECT_NE(header_of(response, "WWW-Authenticate"), "");
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTest, HeadIsHandledLikeGet) {
  EXPECT_EQ(answer("HEAD", "/open").status, 200);
  EXPECT_EQ(handled_, 1);
}

TEST_F(PipelineTest, KeepsARequestIdThatIsFit) {
  for (const std::string_view fit : {"abcDEF-9",
                                     "0123456789012345678901234567890123456789"
                                     "012345678901234567890123"}) {
    Request request = make("GET", "/nothing");
    request.request_id = fit;
    const Response response = answer(request);
    EXPECT_EQ(request.request_id, fit);
    EXPECT_EQ(base::parse_json_object(response.body).find_string("request_id"), fit);
  }
}

TEST_F(PipelineTest, MakesARequestIdInPlaceOfAnUnfitOne) {
  for (const std::string& unfit :
       {std::string(), std::string("short-1"), std::string(65, 'a'), std::string("under_score"),
        std::string("with space"), std::string("line\nbreak"), std::string("caf\xC3\xA9-cafe")}) {
    Request request = make("GET", "/open");
    request.request_id = unfit;
    answer(request);
    EXPECT_TRUE(base::Uuid::parse(request.request_id)) << request.request_id;
  }
}

TEST_F(PipelineTest, KeepsATraceparentThatIsFit) {
  Request request = make("GET", "/open");
  request.traceparent = kTrace;
  answer(request);
  EXPECT_EQ(request.traceparent, kTrace);
}

TEST_F(PipelineTest, ForgetsATraceparentThatIsNot) {
  for (const std::string& unfit : {std::string("00-abc"), std::string(55, 'g'),
                                   std::string(kTrace) + "0", std::string(55, 'A')}) {
    Request request = make("GET", "/open");
    request.traceparent = unfit;
    answer(request);
    EXPECT_EQ(request.traceparent, "") << unfit;
  }
}

TEST_F(PipelineTest, HoldsItsLimits) {
  const auto status_with = [this](auto change) {
    Request request = make("GET", "/open");
    change(request);
    return answer(request).status;
  };
  EXPECT_EQ(status_with([](Request& r) { r.query = std::string(kMaxQueryBytes, 'q'); }), 200);
  EXPECT_EQ(status_with([](Request& r) { r.query = std::string(kMaxQueryBytes + 1, 'q'); }), 414);
  EXPECT_EQ(status_with([](Request& r) { r.path = std::string(kMaxPathBytes, '/'); }), 404);
  EXPECT_EQ(status_with([](Request& r) { r.path = std::string(kMaxPathBytes + 1, '/'); }), 414);
  EXPECT_EQ(status_with([](Request& r) { r.content_length = kMaxBodyBytes; }), 200);
  EXPECT_EQ(status_with([](Request& r) { r.content_length = kMaxBodyBytes + 1; }), 413);
  const auto authorization = [](std::size_t size) {
    return [size](Request& r) { r.authorization = std::string(size, 'a'); };
  };
  EXPECT_EQ(status_with(authorization(kMaxAuthorizationBytes)), 200);
  EXPECT_EQ(status_with(authorization(kMaxAuthorizationBytes + 1)), 431);
}

TEST_F(PipelineTest, TellsAnUnknownPathFromAnotherMethod) {
  const Response unknown = answer("GET", "/nothing");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(header_of(unknown, "Allow"), "");
  const Response method = answer("POST", "/open");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(code_of(method), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(header_of(method, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTest, AnswersOptionsWithoutAHandlerOrAGuard) {
  const Response response = answer("OPTIONS", "/guarded");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Methods"), "");
  EXPECT_EQ(answer("OPTIONS", "/nothing").status, 404);
  EXPECT_EQ(handled_ + guarded_, 0);
}

TEST_F(PipelineTest, AnswersAPreflight) {
  Request request = make("OPTIONS", "/things/1");
  request.origin = kOrigin;
  request.preflight_method = "DELETE";
  const Response response = answer(request);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), kOrigin);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Methods"), "DELETE, OPTIONS");
  EXPECT_EQ(header_of(response, "Allow"), "DELETE, OPTIONS");
  EXPECT_EQ(header_of(response, "Vary"),
            "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
}

TEST_F(PipelineTest, AnOriginMayReadErrorsToo) {
  guard_ = [](Exchange&) { throw Error(ErrorCode::kNotAuthenticated); };
  Request request = make("GET", "/guarded");
  request.origin = kOrigin;
  const Response response = answer(request);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), kOrigin);
  EXPECT_EQ(header_of(response, "Vary"), "Origin");
}

TEST_F(PipelineTest, TellsNobodyTheTextOfAnUnexpectedException) {
  const doubles::CapturedLog log;
  handler_ = [](Exchange&) -> Response { throw std::runtime_error("secret of the inside"); };
  const Response response = answer("GET", "/open");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(code_of(response), "INTERNAL_ERROR");
  EXPECT_EQ(response.body.find("secret of the inside"), std::string::npos);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_EQ(log.lines()[0].find_string("level"), "ERROR");
  EXPECT_EQ(log.lines()[0].find_string("cause"), "secret of the inside");
}

TEST_F(PipelineTest, KeepsThePrivateHalfOfAnErrorForTheLog) {
  const doubles::CapturedLog log;
  handler_ = [](Exchange&) -> Response {
    throw Error(ErrorCode::kDatabaseUnavailable).because("connection refused").retry_after(1);
  };
  const Response response = answer("GET", "/open");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header_of(response, "Retry-After"), "1");
  EXPECT_EQ(response.body.find("refused"), std::string::npos);
  EXPECT_EQ(log.lines().at(0).find_string("cause"), "connection refused");
  EXPECT_EQ(log.lines().at(0).find_string("error_code"), "DATABASE_UNAVAILABLE");
}

TEST_F(PipelineTest, LeavesOneLineARequest) {
  const doubles::CapturedLog log;
  handler_ = [this](Exchange& exchange) {
    exchange.user_id = 42;
    {
      const auto stopwatch = meter_.time_database();
      clock_.advance_ms(3);
    }
    {
      const auto stopwatch = meter_.time_hashing();
      clock_.advance_ms(250);
    }
    return Response::json(200, "{}");
  };
  Request request = make("DELETE", "/api/v1/things/7");
  request.query = "token=abc123";
  request.authorization = "Bearer abc123";
  request.body = base::Secret(std::string_view("abc123"));
  request.traceparent = kTrace;
  answer(request);

  ASSERT_EQ(log.lines().size(), 1U);
  const auto lines = log.lines();
  const base::JsonObject& line = lines[0];
  EXPECT_EQ(line.find_string("level"), "INFO");
  EXPECT_EQ(line.find_string("logger"), "latchkey.access");
  EXPECT_EQ(line.find_string("worker"), "api/1");
  EXPECT_EQ(line.find_string("request_id"), "request-0001");
  EXPECT_EQ(line.find_string("traceparent"), kTrace);
  EXPECT_EQ(line.find_string("method"), "DELETE");
  EXPECT_EQ(line.find_string("path"), "/api/v1/things/7");
  EXPECT_EQ(line.find_string("route"), "/things/{id}");
  EXPECT_EQ(line.find_integer("status_code"), 200);
  EXPECT_EQ(line.find_integer("user_id"), 42);
  EXPECT_EQ(line.find_string("client_ip"), "192.0.2.1");
  EXPECT_EQ(line.find_string("error_code"), "");
  EXPECT_NE(log.text().find(R"("duration_ms":253.000,"db_ms":3.000,"hash_ms":250.000)"),
            std::string::npos);
  EXPECT_EQ(log.text().find("abc123"), std::string::npos);
}

TEST_F(PipelineTest, TheTimeInTheQueueIsSinceNginxHandedItOver) {
  const std::int64_t now_ms = clock_.wall_ms();
  constexpr std::int64_t kDayMs = 86'400'000;
  for (const auto& [handed_over_ms, shown] : {std::pair{std::optional(now_ms - 250), "250.000"},
                                              std::pair{std::optional(now_ms), "0.000"},
                                              // The clock was set, or nobody said when.
                                              std::pair{std::optional(now_ms + 5), "0.000"},
                                              std::pair{std::optional(now_ms - kDayMs), "0.000"},
                                              std::pair{std::optional<std::int64_t>(), "0.000"}}) {
    const doubles::CapturedLog log;
    Request request = make("GET", "/open");
    request.handed_over_ms = handed_over_ms;
    answer(request);
    EXPECT_NE(log.text().find(std::string("\"queue_ms\":") + shown), std::string::npos)
        << log.text();
  }
}

TEST_F(PipelineTest, CountsTheCostsOfEachRequestAlone) {
  {
    const auto stopwatch = meter_.time_database();
    clock_.advance_ms(9);
  }
  const doubles::CapturedLog log;
  answer("GET", "/open");
  EXPECT_NE(log.text().find(R"("duration_ms":0.000,"db_ms":0.000,"hash_ms":0.000)"),
            std::string::npos);
}

TEST_F(PipelineTest, TheLevelOfTheLineFollowsTheStatus) {
  const auto level_of = [this](std::string_view path, std::optional<ErrorCode> fault) {
    const doubles::CapturedLog log(base::LogLevel::kDebug);
    handler_ = [fault](Exchange&) {
      if (fault) throw Error(*fault);
      return Response::no_content();
    };
    answer("GET", path);
    return std::string(log.lines().at(0).find_string("level").value_or(""));
  };
  EXPECT_EQ(level_of("/open", std::nullopt), "INFO");
  EXPECT_EQ(level_of("/open", ErrorCode::kValidationError), "INFO");
  EXPECT_EQ(level_of("/nothing", std::nullopt), "INFO");
  EXPECT_EQ(level_of("/open", ErrorCode::kInvalidCredentials), "WARNING");
  EXPECT_EQ(level_of("/open", ErrorCode::kUserInactive), "WARNING");
  EXPECT_EQ(level_of("/open", ErrorCode::kDatabaseError), "ERROR");
  EXPECT_EQ(level_of("/open", ErrorCode::kCircuitOpen), "ERROR");
  EXPECT_EQ(level_of("/health", std::nullopt), "DEBUG");
  EXPECT_EQ(level_of("/readiness", std::nullopt), "DEBUG");
}

TEST_F(PipelineTest, MachinesThatAskForHealthLeaveNoLine) {
  const doubles::CapturedLog log;
  answer("GET", "/health");
  answer("HEAD", "/api/v1/readiness");
  EXPECT_EQ(log.text(), "");
}

// nginx has decoded a %3F by then; whoever wrote it meant a query string.
TEST_F(PipelineTest, LogsNothingBehindAnEncodedQuestionMark) {
  const doubles::CapturedLog log;
  answer("GET", "/x?token=MARK");
  EXPECT_EQ(log.lines().at(0).find_string("path"), "/x");
  EXPECT_EQ(log.text().find("MARK"), std::string::npos);
}

TEST_F(PipelineTest, CutsALongPathInTheLog) {
  const doubles::CapturedLog log;
  answer("GET", "/" + std::string(2000, 'x'));
  EXPECT_EQ(log.lines().at(0).find_string("path")->size(), 256U);
}

}  // namespace
}  // namespace latchkey::http
