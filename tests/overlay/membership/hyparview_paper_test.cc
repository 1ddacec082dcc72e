// SPDX-License-Identifier: Apache-2.0
// HyParView with 10,000 peers against the numbers of its paper (TR-07-13): table 1 after 50 cycles,
// figure 2 after failures. Slow.
#include <gtest/gtest.h>

#include <cstdio>

#include "sim/measure/views.h"
#include "sim/topology/measures.h"
#include "tests/overlay/membership/open_crowd.h"

namespace shoal::tests {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kPeers = 10'000;

double reliability_after(OpenCrowd& crowd, unsigned percent) {
  crowd.fail(percent, seconds(4));
  const double reliability = crowd.reliability(20);
  std::printf("%u %% failed: reliability %.4f\n", percent, reliability);
  return reliability;
}

TEST(HyParViewPaper, HasItsClusteringPathsAndHopsAndOutlivesEightyPercent) {
  OpenCrowd crowd(kPeers, 50, 7);
  const sim::Graph graph = sim::active_views(crowd.engine());
  const double clustering = sim::clustering_of(graph).mean_local;
  const auto distances = sim::distances_of(graph, 300, 1);
  std::printf("clustering %.5f, path %.4f, hops of a flood %.2f, at most %u\n", clustering,
              distances.mean, crowd.flood_hops(50), distances.longest);
  EXPECT_EQ(sim::components_of(graph).largest, kPeers);
  EXPECT_GE(clustering, 0.0003);
  EXPECT_LE(clustering, 0.0015);
  EXPECT_NEAR(distances.mean, 6.38542, 0.015 * 6.38542);
  EXPECT_GE(distances.longest, 8U);
  EXPECT_LE(distances.longest, 10U);
  EXPECT_GE(reliability_after(crowd, 80), 0.98);
}

TEST(HyParViewPaper, ReachesAllButAFewWhenUpToNineInTenHaveFailed) {
  for (const unsigned percent : {10U, 30U, 50U, 70U, 90U}) {
    OpenCrowd crowd(kPeers, 20, percent);
    EXPECT_GE(reliability_after(crowd, percent), 0.98) << percent;
  }
}

TEST(HyParViewPaper, StaysMostlyReliableWhenAllButOneInTwentyHaveFailed) {
  // 500 peers are left, of which one part or another may stay alone: a mean of several networks.
  double sum = 0;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    OpenCrowd crowd(kPeers, 20, seed);
    sum += reliability_after(crowd, 95);
  }
  EXPECT_GE(sum / 3, 0.80);
}

// The paper's floods follow the failures with no cycle between: here while fewer than one peer in
// twenty has one.
TEST(HyParViewPaper, RepairsItselfBeforeItsNextCycle) {
  constexpr auto kCycle = seconds(1000);
  OpenCrowd crowd(kPeers, 20, 1, true, 1, kCycle);
  EXPECT_GE(reliability_after(crowd, 80), 0.98);
  double sum = 0;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    OpenCrowd left(kPeers, 20, seed, true, 1, kCycle);
    sum += reliability_after(left, 95);
  }
  EXPECT_GE(sum / 3, 0.80);
}

// As a random graph of degree 5 from which so many peers are taken (percolation).
TEST(HyParViewPaper, LosesPeersWithoutRepair) {
  OpenCrowd crowd(kPeers, 20, 9, false);
  crowd.fail(50, seconds(4));
  const auto parts = sim::components_of(sim::active_views(crowd.engine()));
  const double giant = static_cast<double>(parts.largest) / crowd.alive();
  const double reliability = crowd.reliability(20);
  std::printf("50 %% failed, no repair: largest part %.4f, reliability %.4f\n", giant, reliability);
  EXPECT_NEAR(giant, 0.952, 0.01);
  EXPECT_LT(reliability, 0.98);
}

}  // namespace
}  // namespace shoal::tests
