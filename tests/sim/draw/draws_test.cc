// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/draws.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

namespace shoal::sim {
namespace {

double point_of(std::uint64_t bits) { return (static_cast<double>(bits) + 0.5) * 0x1p-64; }

// Four standard errors: one failure in 16,000 tests for an unlucky seed, none for these.
void expect_mean(const std::vector<double>& values, double mean, double deviation) {
  double sum = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  EXPECT_NEAR(sum / count, mean, 4 * deviation / std::sqrt(count));
}

template <class Draw>
std::vector<double> draws_of(int count, std::uint64_t seed, Draw draw) {
  Rng rng(seed);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(draw(rng).value());
  return values;
}

RC_GTEST_PROP(Draws, ExponentialQuantilesAreLogarithms, ()) {
  const auto point = *rc::gen::arbitrary<std::uint64_t>().as("point") >>
                     *rc::gen::inRange(0, 63).as("smaller by bits");
  const double unit = static_cast<double>(point | 1) * 0x1p-64;
  RC_ASSERT(std::abs(exponential_quantile(point).value() + std::log(unit)) < 1e-9);
}

RC_GTEST_PROP(Draws, NormalQuantilesInvertTheNormalDistribution, ()) {
  const auto bits = *rc::gen::arbitrary<std::uint64_t>().as("point");
  const auto shift = *rc::gen::inRange(0, 43).as("smaller by bits");
  // Not the last million, where half a step is much.
  const std::uint64_t point = bits >> shift | 1U << 20;
  const double z = normal_quantile(point).value();
  const double p = point_of(point);
  const double back = 0.5 * std::erfc(-z / std::sqrt(2.0));
  // An error e in z changes p by its density times e.
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
  RC_ASSERT(std::abs(back - p) <= density * 2e-7 * (1 + std::abs(z)) + p * 1e-6);
  RC_ASSERT(std::abs(normal_quantile(~point).value() + z) < 1e-8);
}

TEST(Draws, QuantilesStayWithinTheirEnds) {
  EXPECT_NEAR(exponential_quantile(0).value(), 64 * std::log(2.0), 1e-9);
  EXPECT_EQ(exponential_quantile(UINT64_MAX), Fixed());
  EXPECT_NEAR(normal_quantile(0).value(), -9.08, 0.2);
  EXPECT_NEAR(normal_quantile(UINT64_MAX).value(), 9.08, 0.2);
  EXPECT_EQ(normal_quantile(std::uint64_t{1} << 63), Fixed());
}

TEST(Draws, GammaHasItsMeanAndVariance) {
  for (const double shape : {0.4, 1.0, 2.94, 40.0}) {
    SCOPED_TRACE(shape);
    const auto values =
        draws_of(200'000, 7, [&](Rng& rng) { return draw_gamma(rng, Fixed::from(shape)); });
    expect_mean(values, shape, std::sqrt(shape));
    std::vector<double> squares;
    for (const double value : values) squares.push_back((value - shape) * (value - shape));
    // The fourth central moment is 3 k^2 + 6 k.
    expect_mean(squares, shape, std::sqrt(2 * shape * shape + 6 * shape));
  }
}

TEST(Draws, ChancesAreKept) {
  Rng rng(3);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += draw_chance(rng, Fixed::from(0.3)) ? 1 : 0;
  EXPECT_NEAR(hits, 30'000, 4 * std::sqrt(100'000 * 0.3 * 0.7));
  EXPECT_FALSE(draw_chance(rng, Fixed()));
  EXPECT_TRUE(draw_chance(rng, Fixed::whole(1)));
}

}  // namespace
}  // namespace shoal::sim
