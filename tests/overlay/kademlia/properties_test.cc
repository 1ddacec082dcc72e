// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/overlay/kademlia/properties.h"

namespace shoal::tests {
namespace {

TEST(KademliaTable, NearestAreThoseThatSortingFinds) {
  EXPECT_TRUE(the_nearest_are_those_that_sorting_finds());
}
TEST(KademliaTable, IsWhatTheRulesSay) { EXPECT_TRUE(the_table_is_what_the_rules_say()); }
TEST(KademliaTable, LivingContactsKeepTheirPlaces) {
  EXPECT_TRUE(a_living_contact_keeps_its_place());
}
TEST(KademliaTable, DeadContactsGiveTheirPlaces) { EXPECT_TRUE(the_dead_give_their_place()); }
TEST(KademliaTable, RefreshesFallIntoTheirBuckets) {
  EXPECT_TRUE(refreshes_fall_into_their_buckets());
}
TEST(KademliaLookup, EndsWithTheNearestInAStillNetwork) {
  EXPECT_TRUE(a_lookup_in_a_still_network_ends_with_the_nearest());
}
TEST(KademliaLookup, PathsShareNeitherPeersNorAnswers) {
  EXPECT_TRUE(paths_share_neither_peers_nor_answers());
}
TEST(KademliaLookup, LeavesAsideWhomOnlyLiarsNamed) {
  EXPECT_TRUE(whom_only_liars_named_is_left_aside());
}
TEST(KademliaLookup, KeepsItsBoundsWhateverItIsTold) {
  EXPECT_TRUE(a_lookup_keeps_its_bounds_whatever_it_is_told());
}
TEST(KademliaProviders, AreBoundedAndExpire) { EXPECT_TRUE(offers_are_bounded_and_expire()); }
TEST(KademliaProviders, NobodyFillsAKey) { EXPECT_TRUE(nobody_fills_a_key()); }
TEST(KademliaWire, MessagesComeBackAndGarbageDoesNot) {
  EXPECT_TRUE(messages_come_back_as_they_were_and_garbage_does_not());
}
TEST(KademliaNet, HitsComeOnceAndOnlyFromTheAskedHolder) {
  EXPECT_TRUE(hits_come_once_and_only_from_the_asked_holder());
}
TEST(KademliaNet, WhatNobodyAskedForChangesNothing) {
  EXPECT_TRUE(what_nobody_asked_for_changes_nothing());
}
TEST(KademliaNet, UnderChurnSearchesEndOnceAndHandlesBalance) {
  EXPECT_TRUE(under_churn_searches_end_once_and_handles_balance());
}
TEST(KademliaNet, GarbageIsRejectedAndChangesNothing) {
  EXPECT_TRUE(garbage_is_rejected_and_changes_nothing());
}

}  // namespace
}  // namespace shoal::tests
