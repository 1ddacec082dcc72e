// SPDX-License-Identifier: Apache-2.0
// HyParView's network of 1,000 peers against random graphs of degree 5, and after failures.
#include <gtest/gtest.h>

#include "sim/measure/views.h"
#include "sim/topology/measures.h"
#include "tests/overlay/membership/open_crowd.h"

namespace shoal::tests {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kPeers = 1000;

TEST(HyParViewNetwork, IsLikeARandomGraphOfDegreeFive) {
  OpenCrowd crowd(kPeers, 20, 3);
  const sim::Graph graph = sim::active_views(crowd.engine());
  const auto degrees = sim::degrees_of(graph);
  EXPECT_EQ(sim::components_of(graph).largest, kPeers);
  EXPECT_LE(degrees.most, 5U);
  EXPECT_GE(degrees.mean, 4.9);
  EXPECT_LT(sim::clustering_of(graph).mean_local, 0.01) << "random: 4/999";
  EXPECT_NEAR(sim::distances_of(graph, 200, 1).mean, 4.72, 0.08) << "random: 4.71";
}

TEST(HyParViewNetwork, KnowsMorePeersThanItIsLinkedWith) {
  OpenCrowd crowd(kPeers, 20, 4);
  const auto degrees = sim::degrees_of(sim::passive_views(crowd.engine()));
  EXPECT_GE(degrees.least, 25U) << "known both ways";
  EXPECT_GE(degrees.mean, 50);
}

/// What floods reach after so many of the peers have failed at once, and before anybody shuffles.
struct After {
  double giant = 0;
  double reliability = 0;
};
After failures(unsigned percent, bool repair) {
  OpenCrowd crowd(kPeers, 20, 5, repair);
  crowd.fail(percent, seconds(4));
  const auto parts = sim::components_of(sim::active_views(crowd.engine()));
  return {static_cast<double>(parts.largest) / crowd.alive(), crowd.reliability(20)};
}

TEST(HyParViewNetwork, ReachesNearlyAllAfterManyHaveFailed) {
  for (unsigned percent = 10; percent <= 80; percent += 10) {
    EXPECT_GE(failures(percent, true).reliability, 0.98) << percent;
  }
  EXPECT_GE(failures(90, true).reliability, 0.95);
  EXPECT_GE(failures(95, true).reliability, 0.80);
}

// The same test without repair: what is left is a random graph with holes.
TEST(HyParViewNetwork, FallsApartWithoutRepair) {
  const After half = failures(50, false);
  EXPECT_LT(half.reliability, 0.98);
  EXPECT_NEAR(half.giant, 0.952, 0.03);
  const After most = failures(70, false);
  EXPECT_LT(most.reliability, 0.6);
  EXPECT_NEAR(most.giant, 0.474, 0.2);
  EXPECT_LT(failures(80, false).reliability, 0.3);
}

TEST(HyParViewNetwork, RunsEquallyOnAnyNumberOfThreads) {
  OpenCrowd one(300, 8, 6);
  OpenCrowd four(300, 8, 6, true, 4);
  EXPECT_EQ(one.engine().digest(), four.engine().digest());
  EXPECT_GT(one.engine().deliveries(), 20'000U);
}

}  // namespace
}  // namespace shoal::tests
