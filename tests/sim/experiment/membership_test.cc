// SPDX-License-Identifier: Apache-2.0
// Experiments whose peers choose neighbours themselves.
#include "sim/experiment/membership.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/experiment/run.h"
#include "sim/experiment/scene.h"
#include "sim/experiment/trace_run.h"
#include "sim/measure/views.h"

namespace shoal::sim {
namespace {

// configs/sim/hyparview.yaml, smaller and with shorter times.
Experiment example(std::vector<Override> more = {}) {
  std::vector<Override> changes{{"topology.peers", "400"},  {"membership.join_pause", "20ms"},
                                {"membership.cycle", "2s"}, {"workload.searches", "10"},
                                {"workload.start", "43s"},  {"faults.failures_at", "40s"}};
  changes.insert(changes.end(), more.begin(), more.end());
  auto experiment = load_experiment("configs/sim/hyparview.yaml", changes);
  EXPECT_TRUE(experiment) << experiment.error().why;
  return *experiment;
}

RunResult run(const Experiment& experiment) {
  const auto result = run_once(experiment, 7);
  if (result) return *result;
  ADD_FAILURE() << result.error().what << ": " << result.error().why;
  return {};
}

std::string refusal(const std::string& key, const std::string& value) {
  const auto result = run_once(example({{key, value}}), 7);
  return result ? "" : result.error().what;
}

TEST(OpenExperiment, FindsNeighboursLikeARandomGraphOfThatDegree) {
  const RunResult result = run(example({{"faults.failures", "0"}}));
  ASSERT_TRUE(result.shape);
  EXPECT_LE(result.shape->neighbours, 5.0);
  EXPECT_GE(result.shape->neighbours, 4.8);
  EXPECT_GE(result.shape->known, 20.0);
  EXPECT_LE(result.shape->known, 30.0);
  EXPECT_LT(result.shape->clustering, 0.03) << "random: 4/399";
  EXPECT_NEAR(result.shape->mean_path, 4.05, 0.2);
  EXPECT_EQ(result.shape->connected, 1.0);
  EXPECT_EQ(result.started, 10U);
  ASSERT_TRUE(result.reliability);
  EXPECT_GE(*result.reliability, 0.999);
}

// Neighbours are no friends here, and yet a report has to name those whom its search went to.
TEST(OpenExperiment, ReportsNameTheNeighboursThatWereAsked) {
  for (const char* const via : {"flood", "ring", "walk", "dynamic", "index", "gossip"}) {
    const auto search = trace_search(example({{"faults.failures", "0"},
                                              {"topology.peers", "100"},
                                              {"overlay.via", via},
                                              {"overlay.ttl", "4"},
                                              {"overlay.budget", "0"},
                                              {"overlay.echo", "on"},
                                              {"overlay.duplicates", "deepest"}}),
                                     7);
    ASSERT_TRUE(search) << via << ": " << search.error().why;
    const auto& report = search->trace->report();
    ASSERT_TRUE(report) << via;
    EXPECT_TRUE(report->asked_anybody()) << via;
    std::set<std::uint32_t> asked;
    for (const TracedCopy& copy : search->trace->copies()) {
      if (copy.from == search->origin && copy.to != search->origin) asked.insert(copy.to);
    }
    EXPECT_FALSE(asked.empty()) << via;
    for (const FirstHop& hop : report->first_hops) {
      EXPECT_EQ(asked.contains(hop.peer.value), was_asked(hop.state)) << via;
      asked.erase(hop.peer.value);
    }
    EXPECT_TRUE(asked.empty()) << via;
  }
}

TEST(OpenExperiment, TakesItsNumbersFromTheKeys) {
  const RunResult result = run(
      example({{"faults.failures", "0"}, {"membership.active", "3"}, {"membership.passive", "8"}}));
  ASSERT_TRUE(result.shape);
  EXPECT_LE(result.shape->neighbours, 3.0);
  EXPECT_GE(result.shape->neighbours, 2.5);
  EXPECT_LE(result.shape->known, 8.0);
  EXPECT_GE(result.shape->known, 5.0);
}

TEST(OpenExperiment, ReachesWhoIsLeftWhenHalfHaveFailed) {
  const RunResult whole = run(example());
  EXPECT_EQ(whole.peers_at_end, 200U);
  ASSERT_TRUE(whole.reliability);
  EXPECT_GE(*whole.reliability, 0.98);
  // Measured before they failed.
  ASSERT_TRUE(whole.shape);
  EXPECT_GE(whole.shape->neighbours, 4.8);

  const RunResult torn = run(example({{"faults.failures", "0.7"}, {"membership.repair", "off"}}));
  ASSERT_TRUE(torn.reliability);
  EXPECT_LT(*torn.reliability, 0.8) << "without repair";
  const RunResult mended = run(example({{"faults.failures", "0.7"}}));
  ASSERT_TRUE(mended.reliability);
  EXPECT_GE(*mended.reliability, 0.95) << "with repair";
}

TEST(OpenExperiment, KeepsThoseWhomTheTopologyMakesFriends) {
  const Experiment experiment =
      example({{"topology.family", "ring"}, {"faults.failures", "0"}, {"topology.peers", "100"}});
  const auto draft = draft_of(experiment, 3);
  ASSERT_TRUE(draft);
  const auto scene = Scene::make(experiment, 3, *draft, Order::kGrouped);
  ASSERT_TRUE(scene);
  Engine& engine = *(*scene)->engine;
  engine.run_until(measured_at(experiment));
  const Graph graph = active_views(engine);
  std::uint64_t links = 0;
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    EXPECT_TRUE(graph.linked(peer, (peer + 1) % graph.size())) << peer;
    links += graph.degree(peer);
  }
  EXPECT_GT(links, 4U * graph.size()) << "others beside two friends each";
  EXPECT_TRUE(views_are_symmetric(engine));
}

TEST(OpenExperiment, LetsThoseInAgainWhoComeBack) {
  const RunResult result = run(example({{"faults.failures", "0"},
                                        {"churn.kind", "exponential"},
                                        {"churn.scale", "30s"},
                                        {"churn.down", "10s"}}));
  EXPECT_GT(result.returns, 100U);
  ASSERT_TRUE(result.reliability);
  EXPECT_GE(*result.reliability, 0.9);
  EXPECT_GE(result.shape->connected, 0.9);
}

TEST(OpenExperiment, IsEqualOnAnyNumberOfThreads) {
  const RunResult one = run(example({{"run.threads", "1"}}));
  const RunResult three = run(example({{"run.threads", "3"}}));
  EXPECT_EQ(one.digest, three.digest);
  EXPECT_EQ(one.reliability, three.reliability);
  EXPECT_EQ(one.shape->mean_path, three.shape->mean_path);
}

TEST(OpenExperiment, RefusesWhatKnowsOnlyTheTopologysLinks) {
  EXPECT_EQ(refusal("faults.stalls", "1"), "faults.stalls is not possible here");
  EXPECT_EQ(refusal("faults.link_downs", "1"), "faults.link_downs is not possible here");
  EXPECT_EQ(refusal("faults.partition", "symmetric"), "faults.partition is not possible here");
  EXPECT_EQ(refusal("faults.undialable", "0.1"), "faults.undialable is not possible here");
  EXPECT_EQ(refusal("churn.keep_state", "on"), "churn.keep_state is not possible here");
  EXPECT_EQ(refusal("workload.start", "2s"), "workload.start is too early");
}

TEST(OpenExperiment, FailsAsManyPeersAsItIsTold) {
  Experiment friends;
  friends.topology.parameters.peers = 100;
  friends.faults.failures = 0.37;
  friends.faults.failures_at = seconds(1);
  friends.workload.start = seconds(5);
  const RunResult result = run(friends);
  EXPECT_EQ(result.peers_at_end, 63U);
  EXPECT_FALSE(result.shape) << "the topology is the network";
}

}  // namespace
}  // namespace shoal::sim
