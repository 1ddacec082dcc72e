// SPDX-License-Identifier: Apache-2.0
// What searches are held against: who could have been asked, and who holds what they want.
#include <gtest/gtest.h>

#include <string>

#include "sim/experiment/run.h"

namespace shoal::sim {
namespace {

// Thirty peers in a ring; every tenth holds what peer 0 wants. A TTL of three reaches six of them.
Experiment ring_of_thirty(const std::string& via) {
  Experiment experiment;
  experiment.network.delay = "constant";
  experiment.topology.family = "ring";
  experiment.topology.parameters.peers = 30;
  experiment.content.holders_mod = 10;
  experiment.content.holders_residue = 2;
  experiment.workload.source = "0";
  experiment.overlay.via = via;
  experiment.overlay.ttl = 3;
  experiment.overlay.enough = 100;
  experiment.run.threads = 1;
  return experiment;
}

RunResult result_of(const Experiment& experiment) {
  const auto result = run_once(experiment, 1);
  if (!result) {
    ADD_FAILURE() << result.error().what << ": " << result.error().why;
    return {};
  }
  return *result;
}

TEST(Truth, IsWhoeverIsWithinTtlHops) {
  const RunResult flood = result_of(ring_of_thirty("flood"));
  EXPECT_EQ(flood.reach, 6);
  EXPECT_EQ(flood.coverage, 1);
  EXPECT_EQ(flood.possible, 1);
  EXPECT_EQ(flood.recall, 1);  // of peer 2
}

TEST(Truth, SaysWhatShareOfAllHoldersWasFoundToo) {
  EXPECT_DOUBLE_EQ(result_of(ring_of_thirty("flood")).recall_of_all.value(), 1.0 / 3);
}

// A walker that never turns comes to a holder five hops away, whichever way around it goes.
TEST(Truth, IsEverybodyForWalksWhoseTtlIsOnlyTime) {
  Experiment experiment = ring_of_thirty("walk");
  experiment.overlay.parameters["walkers"] = "1";
  experiment.overlay.parameters["check_back"] = "off";
  experiment.content.holders_residue = 5;
  const RunResult walk = result_of(experiment);
  EXPECT_EQ(walk.reach, 5);
  EXPECT_DOUBLE_EQ(walk.coverage, 5.0 / 29);
  EXPECT_EQ(walk.possible, 1);
  EXPECT_DOUBLE_EQ(walk.recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(walk.recall_of_all.value(), 1.0 / 3);
}

TEST(Truth, CountsWhoLooksAmongItsFilesForWalkersAndRumours) {
  for (const char* const via : {"walk", "gossip"}) {
    const RunResult result = result_of(ring_of_thirty(via));
    EXPECT_GT(result.reach, 0) << via;
    EXPECT_EQ(result.lookups, result.reach) << via;
  }
}

}  // namespace
}  // namespace shoal::sim
