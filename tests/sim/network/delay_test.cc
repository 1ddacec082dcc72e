// SPDX-License-Identifier: Apache-2.0
#include "sim/network/delay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace shoal::sim {
namespace {

using std::chrono::milliseconds;

constexpr int kDraws = 400'000;

// Sorted, in ms.
std::vector<double> draws_of(const DelayLaw& law, std::uint64_t seed = 9) {
  Rng rng(seed);
  std::vector<double> draws;
  for (int i = 0; i < kDraws; ++i) {
    const Duration drawn = law.draw(rng);
    EXPECT_GE(drawn, law.floor());
    EXPECT_LE(drawn, law.bound());
    draws.push_back(static_cast<double>(drawn.count()) / 1000);
  }
  std::ranges::sort(draws);
  return draws;
}

double mean_of(const std::vector<double>& draws) {
  double sum = 0;
  for (const double draw : draws) sum += draw;
  return sum / static_cast<double>(draws.size());
}

double quantile(const std::vector<double>& draws, double share) {
  return draws[static_cast<std::size_t>(share * static_cast<double>(draws.size()))];
}

// Mean, median and 95th percentile within 1 % of theory.
void expect_law(const DelayLaw& law, double mean, double median, double p95) {
  const auto draws = draws_of(law);
  EXPECT_NEAR(mean_of(draws), mean, mean * 0.01);
  EXPECT_NEAR(quantile(draws, 0.5), median, median * 0.01);
  EXPECT_NEAR(quantile(draws, 0.95), p95, p95 * 0.01);
  EXPECT_NEAR(static_cast<double>(law.mean().count()) / 1000, mean, mean * 0.001);
}

TEST(DelayLaw, ConstantsAreConstant) {
  const DelayLaw law(ConstantDelay{milliseconds(20)});
  expect_law(law, 20, 20, 20);
  EXPECT_EQ(law.floor(), milliseconds(20));
  EXPECT_EQ(law.bound(), milliseconds(20));
}

TEST(DelayLaw, UniformDelaysFollowTheirLaw) {
  const DelayLaw law(UniformDelay{milliseconds(10), milliseconds(100)});
  expect_law(law, 55, 55, 95.5);
  EXPECT_EQ(law.floor(), milliseconds(10));
  EXPECT_EQ(law.bound(), milliseconds(100));
  const DelayLaw two(UniformDelay{Duration(10), Duration(11)});
  Rng rng(1);
  int high = 0;
  for (int i = 0; i < 10'000; ++i) high += two.draw(rng) == Duration(11) ? 1 : 0;
  EXPECT_NEAR(high, 5000, 4 * 50);
}

TEST(DelayLaw, LogNormalDelaysFollowTheirLaw) {
  for (const double sigma : {0.0, 0.5, 1.0}) {
    SCOPED_TRACE(sigma);
    expect_law(DelayLaw(LogNormalDelay{milliseconds(50), Fixed::from(sigma)}),
               50 * std::exp(sigma * sigma / 2), 50, 50 * std::exp(sigma * 1.6448536));
  }
}

TEST(DelayLaw, ExponentialDelaysStandOnTheirFloor) {
  const DelayLaw law(ExponentialDelay{milliseconds(10), milliseconds(40)});
  expect_law(law, 50, 10 + 40 * std::log(2), 10 + 40 * std::log(20));
  EXPECT_EQ(law.floor(), milliseconds(10));
  EXPECT_EQ(law.bound(), milliseconds(10) + Duration(1'774'457));  // 64 ln 2 times the mean
}

// The distances of two random points: in an interval 1/3 and 1 - sqrt(1/2); in a square .5214
// and .5120 (Philip 2007); in a cube .6617 (Robbins' constant) and .6600 by simulation.
TEST(DelayLaw, CoordinatesGiveTheDistancesOfRandomPoints) {
  const auto side = milliseconds(100);
  const auto draws = [&](std::uint32_t dimensions) {
    return draws_of(DelayLaw(CoordinateDelay{dimensions, side, milliseconds(5)}));
  };
  EXPECT_NEAR(mean_of(draws(1)), 5 + 33.33, 0.3);
  EXPECT_NEAR(quantile(draws(1), 0.5), 5 + 29.29, 0.3);
  EXPECT_NEAR(mean_of(draws(2)), 5 + 52.14, 0.5);
  EXPECT_NEAR(quantile(draws(2), 0.5), 5 + 51.20, 0.5);
  EXPECT_NEAR(mean_of(draws(3)), 5 + 66.17, 0.6);
  EXPECT_NEAR(quantile(draws(3), 0.5), 5 + 66.00, 0.6);
  const DelayLaw law(CoordinateDelay{3, side, milliseconds(5)});
  EXPECT_EQ(law.floor(), milliseconds(5));
  EXPECT_NEAR(static_cast<double>(law.bound().count()), 5000 + 173'205, 1);
  EXPECT_NEAR(static_cast<double>(law.mean().count()), 5000 + 66'171, 1);
}

TEST(DelayLaw, DrawsAreHeldBetweenFloorAndCeiling) {
  const DelayLaw law(ExponentialDelay{{}, milliseconds(50)}, milliseconds(2), milliseconds(100));
  const auto draws = draws_of(law);
  EXPECT_EQ(draws.front(), 2);
  EXPECT_EQ(draws.back(), 100);
  const auto at_floor = std::ranges::count(draws, 2.0);
  EXPECT_NEAR(static_cast<double>(at_floor) / kDraws, 1 - std::exp(-2.0 / 50), 0.002);
}

// The engine's window: never zero, and not far below what is usual.
TEST(DelayLaw, TheFloorIsAHundredthOfTheMeanWhereTheLawHasLess) {
  EXPECT_EQ(DelayLaw(ExponentialDelay{{}, milliseconds(50)}).floor(), Duration(500));
  EXPECT_EQ(DelayLaw(LogNormalDelay{milliseconds(50), Fixed()}).floor(), Duration(500));
  EXPECT_EQ(DelayLaw(UniformDelay{Duration(1), milliseconds(100)}).floor(), Duration(500));
  EXPECT_EQ(DelayLaw(UniformDelay{Duration(1), milliseconds(100)}, Duration(7)).floor(),
            Duration(7));
}

// On every CPU, with every compiler, at every level of optimisation.
TEST(DelayLaw, DrawsAreTheSameEverywhere) {
  const auto first_three = [](const DelayLaw& law) {
    Rng rng(2026);
    std::vector<std::int64_t> draws;
    for (int i = 0; i < 3; ++i) draws.push_back(law.draw(rng).count());
    return draws;
  };
  using Draws = std::vector<std::int64_t>;
  EXPECT_EQ(first_three(DelayLaw(UniformDelay{milliseconds(10), milliseconds(100)})),
            (Draws{96370, 81595, 44721}));
  EXPECT_EQ(first_three(DelayLaw(LogNormalDelay{milliseconds(50), Fixed::from(0.7)})),
            (Draws{105798, 47570, 67683}));
  EXPECT_EQ(first_three(DelayLaw(ExponentialDelay{milliseconds(1), milliseconds(50)})),
            (Draws{8666, 38578, 21222}));
  EXPECT_EQ(first_three(DelayLaw(CoordinateDelay{2, milliseconds(90), milliseconds(3)})),
            (Draws{21844, 19139, 63462}));
}

}  // namespace
}  // namespace shoal::sim
