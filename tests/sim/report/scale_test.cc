// SPDX-License-Identifier: Apache-2.0
#include "sim/report/scale.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace shoal::sim {
namespace {

TEST(Scale, HasRoundMarks) {
  EXPECT_EQ(linear_scale(0, 0.93).ticks.size(), 6U);  // 0, 0.2, .. 1
  EXPECT_DOUBLE_EQ(linear_scale(0, 0.93).high, 1);
  EXPECT_DOUBLE_EQ(linear_scale(3, 4700).high, 5000);
  EXPECT_DOUBLE_EQ(linear_scale(3, 4700).low, 0);
  EXPECT_EQ(linear_scale(-3, 4).ticks, (std::vector<double>{-4, -2, 0, 2, 4}));
  EXPECT_EQ(linear_scale(0, 0).high, 1);
  EXPECT_EQ(log_scale(8, 20000).ticks, (std::vector<double>{10, 100, 1000, 10000}));
  EXPECT_EQ(log_scale(4, 60).ticks, (std::vector<double>{5, 10, 20, 50}));
}

RC_GTEST_PROP(Scale, HoldsAllItsValuesBetweenItsEnds, (bool log)) {
  const double low = std::pow(10, *rc::gen::inRange(-50, 80).as("low, tenths of decades") / 10.0);
  const double high = low * std::pow(10, *rc::gen::inRange(0, 60).as("decades, tenths") / 10.0);
  const Scale scale = log ? log_scale(low, high) : linear_scale(low, high);
  RC_ASSERT(scale.share(low) > -1e-9);
  RC_ASSERT(scale.share(high) < 1 + 1e-9);
  RC_ASSERT(scale.share(low) <= scale.share(high));
  RC_ASSERT(scale.ticks.size() <= 24U);
  if (!log) RC_ASSERT(scale.ticks.size() >= 3U);
  for (std::size_t i = 0; i < scale.ticks.size(); ++i) {
    if (i > 0) RC_ASSERT(scale.ticks[i - 1] < scale.ticks[i]);
    RC_ASSERT(scale.share(scale.ticks[i]) >= -0.01);
    RC_ASSERT(scale.share(scale.ticks[i]) <= 1.01);
  }
}

TEST(Scale, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(tick_text(0.30000000000000004, 0.1), "0.3");
  EXPECT_EQ(tick_text(0.25, 0.05), "0.25");
  EXPECT_EQ(tick_text(0, 0.2), "0");
  EXPECT_EQ(tick_text(2500, 500), "2500");
  EXPECT_EQ(tick_text(12500, 500), "12.5k");
  EXPECT_EQ(tick_text(1e6, 1e6), "1M");
  EXPECT_EQ(tick_text(2.5e9, 5e8), "2.5G");
  EXPECT_EQ(figure_text(0.99744), "0.9974");
  EXPECT_EQ(figure_text(3), "3");
  EXPECT_EQ(figure_text(123456.7), "123 457");
  EXPECT_EQ(figure_text(-12345), "-12 345");
  EXPECT_EQ(figure_text(1.5e12), "1.500e+12");
  EXPECT_EQ(estimate_text(76.4432, 7.0134), "76.4 ± 7.0");
  EXPECT_EQ(estimate_text(0.99744, 0.0126), "0.997 ± 0.013");
  EXPECT_EQ(estimate_text(123456.7, 321.4), "123 457 ± 321");
  EXPECT_EQ(estimate_text(1, 0.0), "1 ± 0");
  EXPECT_EQ(estimate_text(2.5, std::nullopt), "2.5");
}

}  // namespace
}  // namespace shoal::sim
