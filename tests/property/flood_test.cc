// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/property/flood_properties.h"

namespace shoal::tests {

TEST(Flood, AsksExactlyThePeersWithinTtlHops) {
  EXPECT_EQ(exactly_the_peers_within_ttl_hops_are_asked(), Outcome::kHeld);
}
TEST(Flood, AsksUnderFaultsASubsetAndAllThatStayedConnected) {
  EXPECT_EQ(under_faults_a_subset_is_asked_and_all_that_stayed_connected(), Outcome::kHeld);
}
TEST(Flood, SendsTwiceTheLinksLessATreeUnderTheClassicRule) {
  EXPECT_EQ(classic_copies_are_twice_the_links_less_a_tree(), Outcome::kHeld);
}
TEST(Flood, ReportsTheTruthWhenItSaysComplete) {
  EXPECT_EQ(complete_reports_equal_what_the_world_saw(), Outcome::kHeld);
}
TEST(Flood, ReportsLowerBoundsOtherwise) {
  EXPECT_EQ(incomplete_reports_are_lower_bounds(), Outcome::kHeld);
}
TEST(Flood, LetsNoParentGiveUpBeforeItsChildren) {
  EXPECT_EQ(parents_never_give_up_before_their_children(), Outcome::kHeld);
}
TEST(Flood, FindsWithoutEchoesToo) {
  EXPECT_EQ(without_echoes_a_search_ends_at_its_deadline_with_its_hits(), Outcome::kHeld);
}

}  // namespace shoal::tests
