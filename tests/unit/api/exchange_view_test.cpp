// SPDX-License-Identifier: Apache-2.0
#include "api/exchange_view.h"

#include <string>

#include <gtest/gtest.h>

#include "doubles/records.h"
#include "doubles/thrown_error.h"

namespace latchkey::api {
namespace {

class ExchangeViewTest : public ::testing::Test {
 protected:
  http::Request request_;
  http::Exchange exchange_{request_, {}, std::nullopt, 0};
};

TEST_F(ExchangeViewTest, TheCallerIsWhomTheGuardHasSeen) {
  exchange_.identity = http::Identity{42, doubles::uuid(), 0};
  EXPECT_EQ(caller_of(exchange_).user_id, 42);
  EXPECT_EQ(caller_of(exchange_).session_id, doubles::uuid());
}

TEST_F(ExchangeViewTest, ARouteWithoutItsGuardIsABug) {
  EXPECT_EQ(doubles::thrown_by([&] { (void)caller_of(exchange_); }).code(),
            base::ErrorCode::kInternalError);
}

TEST_F(ExchangeViewTest, AnOriginHasAnAddressOrNone) {
  for (const std::string address : {"192.0.2.1", "2001:db8::1", "::1", "::ffff:192.0.2.1"}) {
    request_.client_ip = address;
    EXPECT_EQ(origin_of(exchange_).ip, address);
  }
  for (const std::string text : {"", "unix:", "localhost", "192.0.2.256", "192.0.2.1:80",
                                 "fe80::1%eth0", "192.0.2.1; DROP TABLE"}) {
    request_.client_ip = text;
    EXPECT_EQ(origin_of(exchange_).ip, "") << text;
  }
}

TEST_F(ExchangeViewTest, AnOriginIsFitToBeStored) {
  request_.user_agent =
      "a\nb\xFF"
      "c";
  request_.request_id = "request-0001";
  EXPECT_EQ(origin_of(exchange_).user_agent,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD"
            "c");
  EXPECT_EQ(origin_of(exchange_).request_id, "request-0001");
  request_.user_agent = std::string(511, 'u') + "\xC3\xA9";
  EXPECT_EQ(origin_of(exchange_).user_agent, std::string(511, 'u'));
}

TEST_F(ExchangeViewTest, FindsTheValueOfAQueryParameter) {
  const auto value_in = [this](std::string_view query) {
    request_.query = query;
    return query_parameter(exchange_, "check");
  };
  EXPECT_EQ(value_in("check=session"), "session");
  EXPECT_EQ(value_in("a=b&check=session"), "session");
  EXPECT_EQ(value_in("check=session&a=b"), "session");
  EXPECT_EQ(value_in("&&check=session&check=no"), "session");
  EXPECT_EQ(value_in("Check=Session"), "Session");
  EXPECT_EQ(value_in("check"), "");
  EXPECT_EQ(value_in("check="), "");
  EXPECT_EQ(value_in("check=a=b"), "a=b");
  for (const std::string_view query : {"", "&", "xcheck=session", "checks=session", "a=check"}) {
    EXPECT_EQ(value_in(query), std::nullopt) << query;
  }
}

}  // namespace
}  // namespace latchkey::api
