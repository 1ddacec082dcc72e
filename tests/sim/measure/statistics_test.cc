// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/statistics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace shoal::sim {
namespace {

TEST(Statistics, GivesAConfidenceIntervalFromTwoValuesOn) {
  const std::vector<double> one{5};
  EXPECT_FALSE(estimate(one).half_width.has_value());
  const std::vector<double> five{1, 2, 3, 4, 5};
  const Estimate known = estimate(five);
  EXPECT_DOUBLE_EQ(known.mean, 3);
  // s = sqrt(2.5), t(0.975; 4) = 2.776: 2.776 * sqrt(2.5 / 5).
  EXPECT_NEAR(known.half_width.value_or(0), 1.963, 0.001);
}

TEST(Statistics, ApproachesTheNormalLawWithManyValues) {
  std::vector<double> values;
  for (int i = 0; i < 41; ++i) values.push_back(i % 2 == 0 ? 1 : -1);
  double squares = 0;
  const Estimate known = estimate(values);
  for (const double value : values) squares += (value - known.mean) * (value - known.mean);
  const double error = std::sqrt(squares / 40 / 41);
  EXPECT_NEAR(known.half_width.value_or(0) / error, 2.021, 0.003);  // t(0.975; 40)
}

TEST(Statistics, KnowsHowUnevenLoadIs) {
  EXPECT_DOUBLE_EQ(gini({}), 0);
  EXPECT_DOUBLE_EQ(gini({0, 0}), 0);
  EXPECT_NEAR(gini({7, 7, 7, 7}), 0, 1e-12);
  EXPECT_NEAR(gini({0, 0, 0, 8}), 0.75, 1e-12);
  EXPECT_NEAR(gini({1, 2, 3}), 2.0 / 9, 1e-12);
}

TEST(Statistics, TakesQuantilesFromTheSample) {
  EXPECT_EQ(spread({}).count, 0U);
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  const Spread known = spread(values);
  EXPECT_DOUBLE_EQ(known.mean, 50.5);
  EXPECT_DOUBLE_EQ(known.median, 50);
  EXPECT_DOUBLE_EQ(known.p95, 95);
  EXPECT_DOUBLE_EQ(known.p99, 99);
  EXPECT_DOUBLE_EQ(known.max, 100);
}

// Gini's definition, pair by pair.
RC_GTEST_PROP(Statistics, GiniIsTheMeanDifferenceOfAllPairs, ()) {
  const auto loads = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint32_t>>(
                                            rc::gen::inRange<std::uint32_t>(0, 1000)))
                          .as("loads");
  double differences = 0;
  double sum = 0;
  for (const double x : loads) {
    sum += x;
    for (const double y : loads) differences += std::abs(x - y);
  }
  const auto n = static_cast<double>(loads.size());
  const double expected = sum == 0 ? 0 : differences / (2 * n * sum);
  RC_ASSERT(std::abs(gini(loads) - expected) < 1e-9);
}

}  // namespace
}  // namespace shoal::sim
