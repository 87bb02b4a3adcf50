// SPDX-License-Identifier: Apache-2.0
#include "api/prometheus_text.h"

#include <gtest/gtest.h>

namespace latchkey::api {
namespace {

TEST(FormatSeconds, IsTheShortestFraction) {
  EXPECT_EQ(format_seconds(0), "0");
  EXPECT_EQ(format_seconds(500), "0.0005");
  EXPECT_EQ(format_seconds(1'000'000), "1");
  EXPECT_EQ(format_seconds(2'500'000), "2.5");
  EXPECT_EQ(format_seconds(1'000'001), "1.000001");
}

TEST(PrometheusText, WritesFamiliesAndSamples) {
  PrometheusText text;
  text.family("a_total", "counter", "What a is.");
  text.sample({}, 7);
  text.sample({{"x", "1"}, {"y", "2"}}, 8);
  text.family("b_seconds", "histogram", "What b is.");
  text.seconds({{"x", "1"}}, 1'500'000, "_sum");
  EXPECT_EQ(
      text.take(),
      "# HELP a_total What a is.\n# TYPE a_total counter\na_total 7\na_total{x=\"1\",y=\"2\"} 8\n"
      "# HELP b_seconds What b is.\n# TYPE b_seconds histogram\nb_seconds_sum{x=\"1\"} 1.5\n");
}

}  // namespace
}  // namespace latchkey::api
