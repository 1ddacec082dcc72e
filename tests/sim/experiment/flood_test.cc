// SPDX-License-Identifier: Apache-2.0
// Floods over drawn and well-known graphs, held against closed forms.
#include "tests/sim/experiment/flood.h"

#include <rapidcheck/gtest.h>

#include "tests/sim/experiment/drawn_network.h"

namespace shoal::sim {
namespace {

Experiment over(const std::string& family, std::uint32_t peers) {
  Experiment experiment = classic_experiment();
  experiment.topology.family = family;
  experiment.topology.parameters.peers = peers;
  experiment.workload.source = "0";
  return experiment;
}

Flooded flood(Experiment experiment, std::uint32_t ttl) {
  experiment.overlay.ttl = ttl;
  return run_flood(experiment);
}

double choose(unsigned n, unsigned k) {
  double out = 1;
  for (unsigned i = 1; i <= k; ++i) out = out * (n - k + i) / i;
  return out;
}

TEST(ClassicFlood, GoesAroundARing) {
  const Experiment ring = over("ring", 101);
  EXPECT_EQ(flood(ring, 1), (Flooded{2, 2, 0}));
  EXPECT_EQ(flood(ring, 50), (Flooded{100, 100, 0}));
  EXPECT_EQ(flood(ring, 51), (Flooded{100, 102, 2}));
  EXPECT_EQ(flood(ring, 255), (Flooded{100, 102, 2}));
}

TEST(ClassicFlood, GoesThroughACompleteGraph) {
  for (const std::uint32_t n : {2U, 3U, 10U, 64U}) {
    const Experiment complete = over("complete", n);
    EXPECT_EQ(flood(complete, 1), (Flooded{n - 1.0, n - 1.0, 0}));
    const double all = (n - 1.0) * (n - 1.0);  // 2E - (N - 1)
    EXPECT_EQ(flood(complete, 2), (Flooded{n - 1.0, all, all - (n - 1)}));
  }
}

TEST(ClassicFlood, GoesThroughStarsPathsAndTrees) {
  Experiment star = over("star", 100);
  EXPECT_EQ(flood(star, 3), (Flooded{99, 99, 0}));
  star.workload.source = "1";
  EXPECT_EQ(flood(star, 1), (Flooded{1, 1, 0}));
  EXPECT_EQ(flood(star, 2), (Flooded{99, 99, 0}));
  EXPECT_EQ(flood(over("path", 10), 4), (Flooded{4, 4, 0}));
  EXPECT_EQ(flood(over("path", 10), 9), (Flooded{9, 9, 0}));
  EXPECT_EQ(flood(over("tree", 1023), 3), (Flooded{14, 14, 0}));
  EXPECT_EQ(flood(over("tree", 1023), 9), (Flooded{1022, 1022, 0}));
}

TEST(ClassicFlood, GoesThroughHypercubes) {
  constexpr unsigned kBits = 8;
  const Experiment cube = over("hypercube", 1U << kBits);
  double reach = 0;
  double messages = kBits;
  for (unsigned ttl = 1; ttl <= kBits + 1; ++ttl) {
    const double there = ttl <= kBits ? choose(kBits, ttl) : 0;
    reach += there;
    EXPECT_EQ(flood(cube, ttl), (Flooded{reach, messages, messages - reach})) << ttl;
    messages += there * (kBits - 1);
  }
}

TEST(ClassicFlood, GoesThroughATorus) {
  Experiment torus = over("torus", 10'000);
  torus.topology.parameters.width = 100;
  for (const unsigned ttl : {1U, 2U, 5U, 20U, 49U}) {  // 2 t (t + 1) peers
    const double reach = 2.0 * ttl * (ttl + 1);
    const double messages = 4 + 3 * 2.0 * (ttl - 1) * ttl;
    EXPECT_EQ(flood(torus, ttl), (Flooded{reach, messages, messages - reach})) << ttl;
  }
  EXPECT_EQ(flood(torus, 101), (Flooded{9999, 30'001, 20'002}));
}

RC_GTEST_PROP(ClassicFlood, EqualsTheClosedFormWhereDelaysAreEqual, ()) {
  const tests::TempFolder folder;
  const DrawnNetwork drawn;
  Experiment experiment = classic_experiment();
  drawn.give(experiment, folder);
  experiment.overlay.echo = *rc::gen::arbitrary<bool>().as("echo");
  BallSearch ball(drawn.graph.size());
  const auto expected = closed_form(drawn.graph, drawn.source, drawn.ttl, ball);
  RC_ASSERT(run_flood(experiment) == expected[drawn.ttl]);
}

RC_GTEST_PROP(DeepestFlood, AsksExactlyTheBallUnderEveryDelayLaw, ()) {
  const tests::TempFolder folder;
  const DrawnNetwork drawn;
  Experiment experiment = classic_experiment();
  drawn.give(experiment, folder);
  experiment.overlay.duplicates = DuplicateRule::kDeepest;
  experiment.network.delay = *rc::gen::element<std::string>("constant", "uniform", "log-normal",
                                                            "exponential", "coordinates")
                                  .as("delay");
  experiment.network.parameters.min = milliseconds(1);
  experiment.network.symmetric = *rc::gen::arbitrary<bool>().as("symmetric");
  experiment.network.jitter = milliseconds(*rc::gen::inRange(0, 40).as("jitter"));
  experiment.run.seed = *rc::gen::arbitrary<std::uint32_t>().as("seed");
  BallSearch ball(drawn.graph.size());
  const auto expected = closed_form(drawn.graph, drawn.source, drawn.ttl, ball);
  const auto result = run_once(experiment, experiment.run.seed);
  RC_ASSERT(result.has_value());
  RC_ASSERT(result->reach == expected[drawn.ttl].reach);
  RC_ASSERT(result->coverage == 1.0);
  RC_ASSERT(result->complete == 1U);
  RC_ASSERT(result->messages >= expected[drawn.ttl].messages);
  RC_ASSERT(result->messages <= 2.0 * static_cast<double>(drawn.graph.edges()) * drawn.ttl);
  for (unsigned hop = 1; hop <= drawn.ttl; ++hop) {
    const double there = hop <= result->reach_by_hop.size() ? result->reach_by_hop[hop - 1] : 0;
    RC_ASSERT(there == static_cast<double>(ball.at_hop(hop)));
  }
}

}  // namespace
}  // namespace shoal::sim
