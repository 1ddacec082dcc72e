// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into searches of several floods makes the property named beside it
// fail. The counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/flood/faults.h"
#include "tests/conformance/contract.h"
#include "tests/overlay/ring/rings.h"

namespace shoal::tests {
namespace {

using overlay::WavesFault;

class PlantedRingBug : public testing::Test {
 protected:
  static void plant(WavesFault fault) { overlay::planted_waves_fault = fault; }
  void TearDown() override { plant(WavesFault::kFaultless); }
};

TEST_F(PlantedRingBug, NoneLeavesThePropertiesWhole) {
  EXPECT_EQ(rings_grow_until_one_finds_something(Manner::kQuiet), Outcome::kHeld);
  EXPECT_EQ(inner_peers_are_looked_up_as_the_manner_says(Manner::kQuiet), Outcome::kHeld);
  EXPECT_EQ(rings_grow_until_enough_is_found(Manner::kRestart), Outcome::kHeld);
}
TEST_F(PlantedRingBug, ForgettingTheLastRingMissesItsPeers) {
  plant(WavesFault::kForgetLastRing);
  EXPECT_EQ(rings_grow_until_one_finds_something(Manner::kQuiet), Outcome::kFalsified);
}
TEST_F(PlantedRingBug, GrowingOnAndOnAsksTooMany) {
  plant(WavesFault::kGrowOnAndOn);
  EXPECT_EQ(rings_grow_until_one_finds_something(Manner::kRestart), Outcome::kFalsified);
}
TEST_F(PlantedRingBug, HandingOutAPairAgainIsNoticed) {
  plant(WavesFault::kRepeatHits);
  EXPECT_EQ(rings_grow_until_enough_is_found(Manner::kRestart), Outcome::kFalsified);
}
TEST_F(PlantedRingBug, CountingTheLastFloodOnlyIsNoticed) {
  plant(WavesFault::kCountLastFloodOnly);
  EXPECT_EQ(copies_are_those_of_a_flood_for_each_ring(Manner::kQuiet), Outcome::kFalsified);
  EXPECT_EQ(complete_ring_reports_equal_what_the_world_saw(Manner::kRestart), Outcome::kFalsified);
}
TEST_F(PlantedRingBug, ForgettingTheDeadlineIsNoticed) {
  plant(WavesFault::kForgetDeadline);
  EXPECT_EQ(holds(subject_of(overlay::kRing), sim::Clause::kEndsInTime), Outcome::kFalsified);
}
TEST_F(PlantedRingBug, RenamingAlwaysLooksInnerPeersUpAgain) {
  plant(WavesFault::kRenameAlways);
  EXPECT_EQ(inner_peers_are_looked_up_as_the_manner_says(Manner::kQuiet), Outcome::kFalsified);
}
TEST_F(PlantedRingBug, CallingAReportCompleteIfItsLastFloodWasIsNoticed) {
  plant(WavesFault::kCompleteIfLastWas);
  EXPECT_EQ(complete_ring_reports_equal_what_the_world_saw(Manner::kQuiet), Outcome::kFalsified);
}

}  // namespace
}  // namespace shoal::tests
