// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into the one-hop index makes the property named beside it fail. The
// counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/flood/faults.h"
#include "overlay/index/faults.h"
#include "tests/overlay/index/matching.h"

namespace shoal::tests {
namespace {

using overlay::IndexFault;

class PlantedIndexBug : public testing::Test {
 protected:
  static void plant(IndexFault fault) { overlay::planted_index_fault = fault; }
  void TearDown() override {
    plant(IndexFault::kFaultless);
    overlay::planted_flood_fault = overlay::FloodFault::kFaultless;
  }
};

TEST_F(PlantedIndexBug, NoneLeavesThePropertiesWhole) {
  EXPECT_EQ(hits_are_those_of_a_flood(), Outcome::kHeld);
  EXPECT_EQ(spared_are_those_that_cannot_match(), Outcome::kHeld);
  EXPECT_EQ(what_is_new_is_found(), Outcome::kHeld);
}
TEST_F(PlantedIndexBug, ForgettingWordsLosesHits) {
  plant(IndexFault::kForgetWords);
  EXPECT_EQ(hits_are_those_of_a_flood(), Outcome::kFalsified);
}
TEST_F(PlantedIndexBug, ForgettingBeginningsLosesHits) {
  plant(IndexFault::kForgetBeginnings);
  EXPECT_EQ(hits_are_those_of_a_flood(), Outcome::kFalsified);
}
TEST_F(PlantedIndexBug, AskingForAnyWordSparesTooFew) {
  plant(IndexFault::kAnyWordWillDo);
  EXPECT_EQ(spared_are_those_that_cannot_match(), Outcome::kFalsified);
}
TEST_F(PlantedIndexBug, SparingWhoeverHasAFilterLosesHits) {
  plant(IndexFault::kNoWordWillDo);
  EXPECT_EQ(hits_are_those_of_a_flood(), Outcome::kFalsified);
}
TEST_F(PlantedIndexBug, SparingBeforeTheLastHopAsksTooFew) {
  overlay::planted_flood_fault = overlay::FloodFault::kSpareEarlier;
  EXPECT_EQ(spared_are_those_that_cannot_match(), Outcome::kFalsified);
}
TEST_F(PlantedIndexBug, KeepingAnOldFilterMissesWhatIsNew) {
  plant(IndexFault::kKeepOldFilter);
  EXPECT_EQ(what_is_new_is_found(), Outcome::kFalsified);
}
TEST_F(PlantedIndexBug, HidingWhatWasSparedIsNoticed) {
  overlay::planted_flood_fault = overlay::FloodFault::kHideSpared;
  EXPECT_EQ(spared_are_those_that_cannot_match(), Outcome::kFalsified);
}

}  // namespace
}  // namespace shoal::tests
