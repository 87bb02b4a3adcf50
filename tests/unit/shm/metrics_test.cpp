// SPDX-License-Identifier: Apache-2.0
#include "shm/metrics.h"

#include <gtest/gtest.h>

#include "shm/segment.h"

namespace latchkey::shm {
namespace {

class MetricsTest : public ::testing::Test {
 protected:
  MetricsView view() const { return read_metrics(segment_.layout()); }

  Segment segment_ = Segment::make_private();
};

TEST_F(MetricsTest, StripesAddUp) {
  for (std::size_t slot = 1; slot <= 3 * kStripes; ++slot) {
    Metrics metrics(segment_.layout(), slot % kPools, slot);
    metrics.count({.route = 3, .status = 204, .duration_ns = 1'000'000});
    metrics.count(base::ErrorCode::kOverloaded);
    metrics.count(base::Event::kRefreshRotated);
  }
  EXPECT_EQ(view().routes[3].answers[1], 3 * kStripes);
  EXPECT_EQ(view().routes[3].duration.count(), 3 * kStripes);
  EXPECT_EQ(view().routes[3].duration.sum_us, 3 * kStripes * 1000);
  EXPECT_EQ(view().errors[static_cast<std::size_t>(base::ErrorCode::kOverloaded)], 3 * kStripes);
  EXPECT_EQ(view().events[static_cast<std::size_t>(base::Event::kRefreshRotated)], 3 * kStripes);
  EXPECT_EQ(view().routes[2].duration.count(), 0U);
  EXPECT_EQ(view().queues[0].count() + view().queues[1].count(), 3 * kStripes);
}

TEST_F(MetricsTest, ABoundBelongsToItsBucket) {
  Metrics metrics(segment_.layout(), 0, 1);
  const auto count = [&](std::int64_t duration_us) {
    metrics.count({.route = 0, .status = 200, .duration_ns = duration_us * 1000});
  };
  count(0);
  count(500);
  count(501);
  count(10'000'000);
  count(10'000'001);
  const auto buckets = view().routes[0].duration.buckets;
  EXPECT_EQ(buckets[0], 2U);
  EXPECT_EQ(buckets[1], 1U);
  EXPECT_EQ(buckets[kBuckets - 2], 1U);
  EXPECT_EQ(buckets[kBuckets - 1], 1U);
}

TEST_F(MetricsTest, CostsCountOnlyWhereThereAreAny) {
  Metrics metrics(segment_.layout(), 0, 1);
  metrics.count({.route = 0, .status = 200, .duration_ns = 5});
  metrics.count({.route = 0, .status = 200, .duration_ns = 5, .costs = {.database_ns = 7'000}});
  EXPECT_EQ(view().database.count(), 1U);
  EXPECT_EQ(view().database.sum_us, 7U);
  EXPECT_EQ(view().hashing.count(), 0U);
}

// What has no place is left out, and hurts nobody.
TEST_F(MetricsTest, NumbersOutOfRangeAreNotCounted) {
  Metrics metrics(segment_.layout(), 0, 1);
  metrics.count({.route = kRouteSeries, .status = 200, .duration_ns = 5});
  metrics.count({.route = 1, .status = 0, .duration_ns = -5});
  metrics.count({.route = 1, .status = 999, .duration_ns = 5});
  EXPECT_EQ(view().routes[1].answers[0], 1U);
  EXPECT_EQ(view().routes[1].answers[kStatusClasses - 1], 1U);
  EXPECT_EQ(view().routes[1].duration.sum_us, 0U);
}

}  // namespace
}  // namespace latchkey::shm
