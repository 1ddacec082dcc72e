// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/overlay/membership/hyparview_properties.h"

namespace shoal::tests {

TEST(HyParView, KeepsItsViewsWithinTheirBounds) { EXPECT_TRUE(views_stay_within_their_bounds()); }
TEST(HyParView, KnowsNeitherItselfNorNeighboursNorAnybodyTwice) {
  EXPECT_TRUE(passive_views_hold_neither_self_nor_neighbours_nor_anybody_twice());
}
TEST(HyParView, NeverLetsFriendsGo) { EXPECT_TRUE(friends_are_never_let_go()); }
TEST(HyParView, HangsUpLinksThatOneEndDoesNotWant) {
  EXPECT_TRUE(no_link_stays_that_one_end_does_not_want());
}
TEST(HyParView, EndsAtOnceTheLinksThatItDoesNotWant) {
  EXPECT_TRUE(links_that_a_peer_does_not_want_end_at_once());
}
TEST(HyParView, TakesNoReplyThatNobodyAskedFor) { EXPECT_TRUE(unasked_replies_change_nothing()); }
TEST(HyParView, GivesHandlesBack) { EXPECT_TRUE(handles_are_given_back()); }
TEST(HyParView, RejectsGarbage) { EXPECT_TRUE(garbage_is_rejected_and_changes_nothing()); }
TEST(HyParView, IsReplayedExactly) { EXPECT_TRUE(lives_are_replayed_exactly()); }

}  // namespace shoal::tests
