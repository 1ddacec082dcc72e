// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into Kademlia makes the property named beside it fail: so that
// property does look at what it says. The counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/kademlia/faults.h"
#include "tests/overlay/kademlia/properties.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::Fault;

class PlantedBug {
 public:
  explicit PlantedBug(Fault fault) { overlay::kademlia::planted_fault = fault; }
  ~PlantedBug() { overlay::kademlia::planted_fault = Fault::kFaultless; }
  PlantedBug(const PlantedBug&) = delete;
  PlantedBug& operator=(const PlantedBug&) = delete;
};

TEST(PlantedKademliaBugs, NoneLeavesThePropertiesWhole) {
  EXPECT_TRUE(the_nearest_are_those_that_sorting_finds());
  EXPECT_TRUE(a_lookup_in_a_still_network_ends_with_the_nearest());
  EXPECT_TRUE(hits_come_once_and_only_from_the_asked_holder());
}
TEST(PlantedKademliaBugs, EvictingTheLivingIsNoticed) {
  const PlantedBug bug(Fault::kEvictTheLiving);
  EXPECT_FALSE(a_living_contact_keeps_its_place());
}
TEST(PlantedKademliaBugs, KeepingTheDeadIsNoticed) {
  const PlantedBug bug(Fault::kKeepTheDead);
  EXPECT_FALSE(the_dead_give_their_place());
}
TEST(PlantedKademliaBugs, LookingOutwardsOnlyMissesTheNearest) {
  const PlantedBug bug(Fault::kForgetDeeperBuckets);
  EXPECT_FALSE(the_nearest_are_those_that_sorting_finds());
}
TEST(PlantedKademliaBugs, StoppingAtTheFirstMissesTheNearest) {
  const PlantedBug bug(Fault::kStopAtTheFirst);
  EXPECT_FALSE(a_lookup_in_a_still_network_ends_with_the_nearest());
}
TEST(PlantedKademliaBugs, SharingAnswersBetweenPathsIsNoticed) {
  const PlantedBug bug(Fault::kShareAnswers);
  EXPECT_FALSE(paths_share_neither_peers_nor_answers());
}
TEST(PlantedKademliaBugs, BelievingLiarsIsNoticed) {
  const PlantedBug bug(Fault::kBelieveLiars);
  EXPECT_FALSE(whom_only_liars_named_is_left_aside());
}
TEST(PlantedKademliaBugs, OffersThatNeverExpireAreNoticed) {
  const PlantedBug bug(Fault::kNeverExpire);
  EXPECT_FALSE(offers_are_bounded_and_expire());
}
TEST(PlantedKademliaBugs, TakingTheLastWordForWholeMissesWhatBeginsLikeIt) {
  const PlantedBug bug(Fault::kWholeWordsOnly);
  EXPECT_FALSE(offers_are_bounded_and_expire());
}
TEST(PlantedKademliaBugs, FillingAKeyAloneIsNoticed) {
  const PlantedBug bug(Fault::kOneFillsAKey);
  EXPECT_FALSE(nobody_fills_a_key());
}
TEST(PlantedKademliaBugs, TakingHitsFromAnybodyIsNoticed) {
  const PlantedBug bug(Fault::kTakeHitsFromAnybody);
  EXPECT_FALSE(hits_come_once_and_only_from_the_asked_holder());
}
TEST(PlantedKademliaBugs, TakingAnswersOfStrangersIsNoticed) {
  const PlantedBug bug(Fault::kTakeStrangersAnswers);
  EXPECT_FALSE(what_nobody_asked_for_changes_nothing());
}

}  // namespace
}  // namespace shoal::tests
