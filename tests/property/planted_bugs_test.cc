// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into flood makes the property named beside it fail: so that property
// does look at what it says. The counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/flood/faults.h"
#include "tests/conformance/contract.h"
#include "tests/property/flood_properties.h"

namespace shoal::tests {
namespace {

using overlay::FloodFault;

const Traits& flood() { return *traits_of(overlay::kFlood); }

class PlantedBug {
 public:
  explicit PlantedBug(FloodFault fault) { overlay::planted_flood_fault = fault; }
  ~PlantedBug() { overlay::planted_flood_fault = FloodFault::kFaultless; }
  PlantedBug(const PlantedBug&) = delete;
  PlantedBug& operator=(const PlantedBug&) = delete;
};

TEST(PlantedBugs, NoneLeavesThePropertiesWhole) {
  EXPECT_EQ(exactly_the_peers_within_ttl_hops_are_asked(), Outcome::kHeld);
  EXPECT_EQ(complete_is_said_only_when_true(flood()), Outcome::kHeld);
  EXPECT_EQ(no_copy_gains_hops(flood()), Outcome::kHeld);
}
TEST(PlantedBugs, DroppingDeeperCopiesMissesPeersInTheBall) {
  const PlantedBug bug(FloodFault::kDropDeeperCopies);
  EXPECT_EQ(exactly_the_peers_within_ttl_hops_are_asked(), Outcome::kFalsified);
}
TEST(PlantedBugs, ForgettingCorrectionsMakesCompleteReportsWrong) {
  const PlantedBug bug(FloodFault::kForgetCorrection);
  EXPECT_EQ(complete_reports_equal_what_the_world_saw(), Outcome::kFalsified);
}
TEST(PlantedBugs, AnsweringEveryCopyIsNoticed) {
  const PlantedBug bug(FloodFault::kAnswerEveryCopy);
  EXPECT_EQ(each_peer_answers_a_query_once(flood()), Outcome::kFalsified);
}
TEST(PlantedBugs, EchoingBeforeTheChildrenMakesCompleteReportsWrong) {
  const PlantedBug bug(FloodFault::kEchoBeforeChildren);
  EXPECT_EQ(complete_reports_equal_what_the_world_saw(), Outcome::kFalsified);
}
TEST(PlantedBugs, LeavingOutTheHopMarginLetsParentsGiveUpFirst) {
  const PlantedBug bug(FloodFault::kNoHopMargin);
  EXPECT_EQ(parents_never_give_up_before_their_children(), Outcome::kFalsified);
}
TEST(PlantedBugs, ForwardingTheLastHopIsAnOffence) {
  const PlantedBug bug(FloodFault::kForwardLastHop);
  EXPECT_EQ(no_honest_peer_is_ever_struck(flood()), Outcome::kFalsified);
  EXPECT_EQ(no_copy_gains_hops(flood()), Outcome::kFalsified);
}
TEST(PlantedBugs, RoutingHitsByQueryTakesHitsNobodyAskedFor) {
  const PlantedBug bug(FloodFault::kRouteHitsByQuery);
  EXPECT_EQ(what_nobody_asked_for_changes_nothing(flood()), Outcome::kFalsified);
}
TEST(PlantedBugs, CallingEveryReportCompleteIsNoticed) {
  const PlantedBug bug(FloodFault::kCompleteAnyway);
  EXPECT_EQ(complete_reports_equal_what_the_world_saw(), Outcome::kFalsified);
  EXPECT_EQ(complete_is_said_only_when_true(flood()), Outcome::kFalsified);
}
TEST(PlantedBugs, HandingOutLateHitsIsNoticed) {
  const PlantedBug bug(FloodFault::kFoundAfterFinished);
  EXPECT_EQ(every_search_ends_once_in_time_and_is_then_silent(flood()), Outcome::kFalsified);
}
TEST(PlantedBugs, ForgettingDeadLinksMakesCompleteReportsWrong) {
  const PlantedBug bug(FloodFault::kForgetDeadLink);
  EXPECT_EQ(complete_reports_equal_what_the_world_saw(), Outcome::kFalsified);
}

}  // namespace
}  // namespace shoal::tests
