// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/weighted.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

namespace shoal::sim {
namespace {

TEST(Zipf, WeightsFallWithTheirRank) {
  for (const double exponent : {0.0, 0.5, 0.8, 1.0, 2.0}) {
    const auto weights = zipf_weights(100'000, Fixed::from(exponent));
    const auto first = static_cast<double>(weights[0]);
    for (const std::size_t rank : {1U, 2U, 3U, 4U, 9U, 99U, 12'344U, 99'999U}) {
      const double share = std::pow(static_cast<double>(rank + 1), -exponent);
      EXPECT_NEAR(static_cast<double>(weights[rank]) / first, share, share * 1e-8 + 2 / first)
          << exponent << " at " << rank;
    }
  }
}

TEST(Zipf, SteepLawsEndInZeros) {
  const auto weights = zipf_weights(1000, Fixed::whole(40));
  EXPECT_GT(weights[1], 0U);
  EXPECT_EQ(weights[999], 0U);
  EXPECT_EQ(zipf_weights(1, Fixed::whole(1)).size(), 1U);
}

TEST(Zipf, DrawsFollowTheLaw) {
  constexpr int kDraws = 300'000;
  const WeightedDraw law(zipf_weights(1000, Fixed::whole(1)));
  double harmonic = 0;
  for (int rank = 1; rank <= 1000; ++rank) harmonic += 1.0 / rank;
  std::vector<int> seen(1000);
  Rng rng(2);
  for (int i = 0; i < kDraws; ++i) ++seen[law.draw(rng)];
  for (const std::size_t rank : {0U, 1U, 2U, 10U, 100U, 999U}) {
    const double p = 1 / (harmonic * static_cast<double>(rank + 1));
    EXPECT_NEAR(seen[rank], kDraws * p, 4 * std::sqrt(kDraws * p * (1 - p))) << rank;
  }
}

TEST(Zipf, WeightsAreTheSameEverywhere) {
  const auto weights = zipf_weights(1000, Fixed::from(0.8));
  std::uint64_t sum = 0;
  for (const std::uint64_t weight : weights) sum = Rng(sum ^ weight).next();
  EXPECT_EQ(weights[1], 5'173'277'483'358'769U);
  EXPECT_EQ(weights[999], 35'858'306'087'630U);
  EXPECT_EQ(sum, 15'635'343'968'941'141'880U);
}

RC_GTEST_PROP(WeightedDraw, DrawsOnlyWhatHasWeightAndKnowsTheWeights, ()) {
  auto weights =
      *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 4))
           .as("weights");
  weights.push_back(1);
  const WeightedDraw law(weights);
  RC_ASSERT(law.size() == weights.size());
  RC_ASSERT(law.total() == std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}));
  Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
  for (std::uint32_t i = 0; i < law.size(); ++i) {
    RC_ASSERT(law.weight(i) == weights[i]);
    RC_ASSERT(weights[law.draw(rng)] > 0U);
  }
}

}  // namespace
}  // namespace shoal::sim
