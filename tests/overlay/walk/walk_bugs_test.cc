// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into walk makes the property named beside it fail: so that property
// does look at what it says. The counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include <array>

#include "overlay/core/registry.h"
#include "overlay/walk/faults.h"
#include "overlay/walk/walk.h"
#include "tests/conformance/contract.h"
#include "tests/overlay/walk/walk_properties.h"

namespace shoal::overlay {

std::span<const OverlayEntry> registry() {
  static constexpr std::array kOverlays{
      OverlayEntry{kWalk, "walk", "with its faults", make_walk, kWalkParameters}};
  return kOverlays;
}

}  // namespace shoal::overlay

namespace shoal::tests {
namespace {

using overlay::WalkFault;
using sim::Clause;

class PlantedBug {
 public:
  explicit PlantedBug(WalkFault fault) { overlay::planted_walk_fault = fault; }
  ~PlantedBug() { overlay::planted_walk_fault = WalkFault::kFaultless; }
  PlantedBug(const PlantedBug&) = delete;
  PlantedBug& operator=(const PlantedBug&) = delete;
};

Subject walk() { return subject_of(overlay::kWalk); }

TEST(WalkBugs, NoneLeavesThePropertiesWhole) {
  EXPECT_EQ(every_step_is_the_one_that_its_dice_say(), Outcome::kHeld);
  EXPECT_EQ(walkers_ask_back_and_stop_when_there_is_enough(), Outcome::kHeld);
  EXPECT_EQ(holds(walk(), Clause::kAnswersOnce), Outcome::kHeld);
}
TEST(WalkBugs, TurningBackIsNoticed) {
  const PlantedBug bug(WalkFault::kTurnsBack);
  EXPECT_EQ(every_step_is_the_one_that_its_dice_say(), Outcome::kFalsified);
}
TEST(WalkBugs, OneStepMoreIsNoticed) {
  const PlantedBug bug(WalkFault::kOneStepMore);
  EXPECT_EQ(every_step_is_the_one_that_its_dice_say(), Outcome::kFalsified);
  EXPECT_EQ(holds(walk(), Clause::kCopiesBounded), Outcome::kFalsified);
}
TEST(WalkBugs, WalkingPastAHitIsNoticed) {
  const PlantedBug bug(WalkFault::kWalksPastHit);
  EXPECT_EQ(every_step_is_the_one_that_its_dice_say(), Outcome::kFalsified);
}
TEST(WalkBugs, LookingAtEachVisitIsNoticed) {
  const PlantedBug bug(WalkFault::kAsksAgain);
  EXPECT_EQ(holds(walk(), Clause::kAnswersOnce), Outcome::kFalsified);
}
TEST(WalkBugs, LosingAnEndLeavesReportsIncomplete) {
  const PlantedBug bug(WalkFault::kLosesTheEnd);
  EXPECT_EQ(every_step_is_the_one_that_its_dice_say(), Outcome::kFalsified);
}
TEST(WalkBugs, HearingNoStopIsNoticed) {
  const PlantedBug bug(WalkFault::kHearsNoStop);
  EXPECT_EQ(walkers_ask_back_and_stop_when_there_is_enough(), Outcome::kFalsified);
}
TEST(WalkBugs, SharingDiceIsNoticed) {
  const PlantedBug bug(WalkFault::kSharesItsDice);
  EXPECT_EQ(every_step_is_the_one_that_its_dice_say(), Outcome::kFalsified);
}
TEST(WalkBugs, HandingOutLateHitsIsNoticed) {
  const PlantedBug bug(WalkFault::kFoundAfterEnd);
  EXPECT_EQ(holds(walk(), Clause::kSilentAfterwards), Outcome::kFalsified);
}

}  // namespace
}  // namespace shoal::tests
