// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into dynamic queries makes the property named beside it fail. The
// counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/dynamic/faults.h"
#include "tests/conformance/contract.h"
#include "tests/overlay/dynamic/probing.h"

namespace shoal::tests {
namespace {

using overlay::DynamicFault;

class PlantedDynamicBug : public testing::Test {
 protected:
  static void plant(DynamicFault fault) { overlay::planted_dynamic_fault = fault; }
  void TearDown() override { plant(DynamicFault::kFaultless); }
};

TEST_F(PlantedDynamicBug, NoneLeavesThePropertiesWhole) {
  EXPECT_EQ(neighbours_have_their_turns(), Outcome::kHeld);
  EXPECT_EQ(hops_follow_from_what_was_found(), Outcome::kHeld);
  EXPECT_EQ(it_ends_with_what_was_wanted(), Outcome::kHeld);
}
TEST_F(PlantedDynamicBug, ForgettingWhoWasProbedMissesPeersInTheBall) {
  plant(DynamicFault::kForgetProbed);
  EXPECT_EQ(holds(subject_of(overlay::kDynamic), sim::Clause::kReachesWhatItPromises),
            Outcome::kFalsified);
  EXPECT_EQ(it_ends_with_what_was_wanted(), Outcome::kFalsified);
}
TEST_F(PlantedDynamicBug, AskingAllAtOnceIsNoticed) {
  plant(DynamicFault::kAskAllAtOnce);
  EXPECT_EQ(neighbours_have_their_turns(), Outcome::kFalsified);
}
TEST_F(PlantedDynamicBug, IgnoringWhatIsWantedIsNoticed) {
  plant(DynamicFault::kIgnoreWanted);
  EXPECT_EQ(it_ends_with_what_was_wanted(), Outcome::kFalsified);
}
TEST_F(PlantedDynamicBug, AskingWithAllHopsAlwaysIsNoticed) {
  plant(DynamicFault::kAlwaysAllHops);
  EXPECT_EQ(hops_follow_from_what_was_found(), Outcome::kFalsified);
}
TEST_F(PlantedDynamicBug, AskingAgainWithTheSameHopsIsNoticed) {
  plant(DynamicFault::kAskAgainAlike);
  EXPECT_EQ(neighbours_have_their_turns(), Outcome::kFalsified);
}
TEST_F(PlantedDynamicBug, GuessingWhatWasAskedIsNoticed) {
  plant(DynamicFault::kTrustHorizon);
  EXPECT_EQ(hops_follow_from_what_was_found(), Outcome::kFalsified);
}

}  // namespace
}  // namespace shoal::tests
