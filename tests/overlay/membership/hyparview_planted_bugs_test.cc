// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into HyParView makes the property named beside it fail. The
// counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/membership/hyparview_faults.h"
#include "tests/overlay/membership/hyparview_properties.h"

namespace shoal::tests {
namespace {

using overlay::HyParViewFault;

class PlantedBug {
 public:
  explicit PlantedBug(HyParViewFault fault) { overlay::planted_hyparview_fault = fault; }
  ~PlantedBug() { overlay::planted_hyparview_fault = HyParViewFault::kFaultless; }
  PlantedBug(const PlantedBug&) = delete;
  PlantedBug& operator=(const PlantedBug&) = delete;
};

TEST(PlantedHyParViewBugs, NoneLeavesThePropertiesWhole) {
  EXPECT_TRUE(views_stay_within_their_bounds());
  EXPECT_TRUE(handles_are_given_back());
}
TEST(PlantedHyParViewBugs, KeepingAllOverfillsTheActiveView) {
  const PlantedBug bug(HyParViewFault::kKeepAll);
  EXPECT_FALSE(views_stay_within_their_bounds());
}
TEST(PlantedHyParViewBugs, LettingFriendsGoIsNoticed) {
  const PlantedBug bug(HyParViewFault::kEvictFriends);
  EXPECT_FALSE(friends_are_never_let_go());
}
TEST(PlantedHyParViewBugs, KeepingHalfLinksIsNoticed) {
  const PlantedBug bug(HyParViewFault::kKeepHalfLinks);
  EXPECT_FALSE(no_link_stays_that_one_end_does_not_want());
}
TEST(PlantedHyParViewBugs, KeepingLinksOfWhomItLetGoIsNoticed) {
  const PlantedBug bug(HyParViewFault::kKeepOldLinks);
  EXPECT_FALSE(links_that_a_peer_does_not_want_end_at_once());
}
TEST(PlantedHyParViewBugs, KnowingNeighboursTwiceIsNoticed) {
  const PlantedBug bug(HyParViewFault::kKnowNeighbours);
  EXPECT_FALSE(passive_views_hold_neither_self_nor_neighbours_nor_anybody_twice());
}
TEST(PlantedHyParViewBugs, ForgettingTheBoundOverfillsThePassiveView) {
  const PlantedBug bug(HyParViewFault::kForgetBound);
  EXPECT_FALSE(views_stay_within_their_bounds());
}
TEST(PlantedHyParViewBugs, TakingAnyReplyIsNoticed) {
  const PlantedBug bug(HyParViewFault::kTakeAnyReply);
  EXPECT_FALSE(unasked_replies_change_nothing());
}
TEST(PlantedHyParViewBugs, ForgettingToReleaseHandlesIsNoticed) {
  const PlantedBug bug(HyParViewFault::kForgetRelease);
  EXPECT_FALSE(handles_are_given_back());
}

}  // namespace
}  // namespace shoal::tests
