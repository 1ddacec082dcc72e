// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/life.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace shoal::sim {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr int kDraws = 200'000;

using Draw = std::function<Duration(Rng&)>;
using Survival = std::function<double(double minutes)>;

// The share of draws above each of these, within four standard errors of what theory says.
void expect_survival(const Draw& draw, const Survival& survival) {
  const std::vector<double> minutes = {0.5, 2, 10, 40, 120, 300, 1200};
  std::vector<int> above(minutes.size());
  Rng rng(11);
  for (int i = 0; i < kDraws; ++i) {
    const double drawn = static_cast<double>(draw(rng).count()) / 60e6;
    for (std::size_t at = 0; at < minutes.size(); ++at) above[at] += drawn > minutes[at] ? 1 : 0;
  }
  for (std::size_t at = 0; at < minutes.size(); ++at) {
    const double p = survival(minutes[at]);
    EXPECT_NEAR(above[at] / double{kDraws}, p, 4 * std::sqrt(p * (1 - p) / kDraws) + 1e-6)
        << minutes[at] << " minutes";
  }
}

// The equilibrium law from a law's survival, by Simpson's rule: knows nothing of gamma functions.
Survival in_equilibrium(const Survival& survival, double mean) {
  return [=](double t) {
    constexpr int kSteps = 20'000;
    // In s = sqrt(x), where a Weibull law of a small shape is smooth enough.
    const double width = std::sqrt(t) / kSteps;
    double sum = 0;
    for (int i = 0; i <= kSteps; ++i) {
      const double s = i * width;
      const double weight = i == 0 || i == kSteps ? 1 : (i % 2 == 1 ? 4 : 2);
      sum += weight * survival(s * s) * 2 * s;
    }
    return 1 - sum * width / 3 / mean;
  };
}

TEST(LifeLaw, ExponentialLivesHaveTheirSurvivalAndNoMemory) {
  const LifeLaw law(ExponentialLife{30 * kMinute});
  const Survival survival = [](double t) { return std::exp(-t / 30); };
  expect_survival([&](Rng& rng) { return law.draw(rng); }, survival);
  expect_survival([&](Rng& rng) { return law.residual(rng); }, survival);
  EXPECT_EQ(law.mean(), 30 * kMinute);
}

TEST(LifeLaw, WeibullLivesHaveTheirSurvivalAndResidualLife) {
  for (const auto& [shape, scale] :
       {std::pair(0.34, 21.3), {0.59, 41.9}, {1.0, 30.0}, {2.5, 90.0}}) {
    SCOPED_TRACE(shape);
    const LifeLaw law(WeibullLife{Fixed::from(shape), Duration(std::llround(scale * 60e6))});
    const double mean = scale * std::tgamma(1 + 1 / shape);
    EXPECT_NEAR(static_cast<double>(law.mean().count()) / 60e6, mean, mean * 1e-7);
    const Survival survival = [shape = shape, scale = scale](double t) {
      return std::exp(-std::pow(t / scale, shape));
    };
    expect_survival([&](Rng& rng) { return law.draw(rng); }, survival);
    expect_survival([&](Rng& rng) { return law.residual(rng); }, in_equilibrium(survival, mean));
  }
}

// The three systems of Stutzbach and Rejaie: the share of active peers older than five hours.
TEST(LifeLaw, AgesAreThoseOfMeasuredSystems) {
  struct Case {
    double shape, scale, older;
  };
  for (const Case& system : {Case{0.34, 21.3, 0.540}, {0.38, 42.4, 0.556}, {0.59, 41.9, 0.122}}) {
    const LifeLaw law(
        WeibullLife{Fixed::from(system.shape), Duration(std::llround(system.scale * 60e6))});
    Rng rng(5);
    int older = 0;
    for (int i = 0; i < kDraws; ++i) older += law.residual(rng) > std::chrono::hours(5) ? 1 : 0;
    const double sigma = std::sqrt(system.older * (1 - system.older) / kDraws);
    EXPECT_NEAR(older / double{kDraws}, system.older, 4 * sigma + 0.0005) << system.shape;
  }
}

TEST(LifeLaw, ParetoLivesHaveTheirSurvivalAndResidualLife) {
  const LifeLaw law(ParetoLife{Fixed::from(3), 60 * kMinute});
  expect_survival([&](Rng& rng) { return law.draw(rng); },
                  [](double t) { return std::pow(1 + t / 60, -3); });
  expect_survival([&](Rng& rng) { return law.residual(rng); },
                  [](double t) { return std::pow(1 + t / 60, -2); });
  EXPECT_EQ(law.mean(), 30 * kMinute);
}

TEST(LifeLaw, ConstantLivesAreMetAnywhereBetweenTheirEnds) {
  const LifeLaw law(ConstantLife{60 * kMinute});
  Rng rng(1);
  EXPECT_EQ(law.draw(rng), 60 * kMinute);
  expect_survival([&](Rng& stream) { return law.residual(stream); },
                  [](double t) { return std::max(0.0, 1 - t / 60); });
}

TEST(LifeLaw, NoLifeIsLongerThanTheLongest) {
  const LifeLaw law(ParetoLife{Fixed::from(1.01), std::chrono::hours(1000)});
  Rng rng(1);
  Duration longest{};
  for (int i = 0; i < 1000; ++i) longest = std::max(longest, law.residual(rng));
  EXPECT_EQ(longest, LifeLaw::kLongest);
}

TEST(LifeLaw, TheGammaFunctionIsThatOfTheMathLibrary) {
  for (double x = 1; x < 12; x += 0.137) {
    EXPECT_NEAR(gamma_function(Fixed::from(x)).value() / std::tgamma(x), 1, 1e-7) << x;
  }
}

// On every CPU, with every compiler, at every level of optimisation.
TEST(LifeLaw, DrawsAreTheSameEverywhere) {
  const auto draws = [](const LifeLaw& law) {
    Rng rng(2026);
    std::vector<std::int64_t> drawn = {law.mean().count()};
    for (int i = 0; i < 2; ++i) drawn.push_back(law.draw(rng).count());
    for (int i = 0; i < 2; ++i) drawn.push_back(law.residual(rng).count());
    return drawn;
  };
  using Draws = std::vector<std::int64_t>;
  EXPECT_EQ(draws(LifeLaw(ExponentialLife{30 * kMinute})),
            (Draws{1800000000, 275977975, 1352818883, 728006747, 1719176473}));
  EXPECT_EQ(draws(LifeLaw(WeibullLife{Fixed::from(0.38), 42 * kMinute})),
            (Draws{9710465418, 18123735, 1188497596, 46129194798, 82355194136}));
  EXPECT_EQ(draws(LifeLaw(WeibullLife{Fixed::from(2.5), 42 * kMinute})),
            (Draws{2235904821, 1190258545, 2247953904, 2394594764, 2574502788}));
  EXPECT_EQ(draws(LifeLaw(ParetoLife{Fixed::from(2.1), 42 * kMinute})),
            (Draws{2290909091, 190868187, 1084371789, 1119837641, 3484624049}));
}

}  // namespace
}  // namespace shoal::sim
