// SPDX-License-Identifier: Apache-2.0
#include "cli/traffic.h"

#include <gtest/gtest.h>

namespace latchkey::cli {
namespace {

std::vector<http::Route> routes() {
  http::Route health;
  health.series = 3;
  health.method = "GET";
  health.path = "/health";
  http::Route login;
  login.series = 7;
  login.method = "POST";
  login.path = "/auth/login";
  return {health, login};
}

// `requests` to /health, of 2 ms each after 1 ms in the queue, and one 503 to a login.
shm::MetricsView seen_after(std::uint64_t requests) {
  shm::MetricsView view{};
  view.routes[3].duration.buckets[2] = requests;
  view.routes[3].duration.sum_us = requests * 2000;
  view.routes[7].duration.buckets[0] = 1;
  view.routes[7].answers[4] = 1;
  view.queues[0].buckets[1] = requests;
  view.queues[0].sum_us = requests * 1000;
  return view;
}

TEST(Traffic, IsWhatCameBetweenTwoLooks) {
  const Traffic traffic = traffic_between(seen_after(10), seen_after(30), 4000, routes());
  ASSERT_EQ(traffic.routes.size(), 1U);
  EXPECT_EQ(traffic.routes.front().path, "/health");
  EXPECT_EQ(traffic.routes.front().requests, 20U);
  EXPECT_EQ(traffic.routes.front().took_us, 40'000);
  EXPECT_EQ(traffic.pools[0].requests, 20U);
  EXPECT_EQ(traffic.pools[0].waited_us, 20'000);
  EXPECT_EQ(traffic.pools[1].requests, 0U);
}

TEST(Traffic, ShowsTheBusiestFirst) {
  const Traffic traffic = traffic_between({}, seen_after(30), 1000, routes());
  ASSERT_EQ(traffic.routes.size(), 2U);
  EXPECT_EQ(traffic.routes.back().path, "/auth/login");
  EXPECT_EQ(traffic.routes.back().server_errors, 1U);
}

TEST(Traffic, OfASegmentThatWasMadeAnewIsNotNegative) {
  const Traffic traffic = traffic_between(seen_after(30), seen_after(10), 1000, routes());
  EXPECT_EQ(traffic.pools[0].requests, 0U);
  EXPECT_EQ(traffic.pools[0].waited_us, 0);
  EXPECT_TRUE(traffic.routes.empty());
}

TEST(TrafficTable, HasRatesWaitingAndMeans) {
  EXPECT_EQ(traffic_table(traffic_between(seen_after(10), seen_after(30), 4000, routes())),
            "POOL                                  REQUESTS    A SECOND     WAITING     WAIT MS\n"
            "api                                         20         5.0        0.01         1.0\n"
            "hash                                         0         0.0        0.00         0.0\n"
            "\n"
            "ROUTE                                 REQUESTS    A SECOND         5XX     MEAN MS\n"
            "GET /health                                 20         5.0           0         2.0\n");
}

TEST(TrafficTable, HasNoRateWhereNobodyKnowsTheTime) {
  const std::string table = traffic_table(traffic_between({}, seen_after(30), 0, routes()));
  EXPECT_NE(table.find("api                                         30           -           -"),
            std::string::npos)
      << table;
}

}  // namespace
}  // namespace latchkey::cli
