// SPDX-License-Identifier: Apache-2.0
// Each bug that can be planted into flood makes the property named beside it fail: so that property
// does look at what it says. The counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/core/faults.h"
#include "overlay/flood/faults.h"
#include "tests/conformance/contract.h"
#include "tests/property/flood_properties.h"

namespace shoal::tests {
namespace {

using overlay::FloodFault;
using overlay::NodeFault;
using sim::Clause;

Outcome flood_holds(Clause clause) { return holds(subject_of(overlay::kFlood), clause); }

class PlantedBug {
 public:
  explicit PlantedBug(FloodFault fault) { overlay::planted_flood_fault = fault; }
  explicit PlantedBug(NodeFault fault) { overlay::planted_node_fault = fault; }
  ~PlantedBug() {
    overlay::planted_flood_fault = FloodFault::kFaultless;
    overlay::planted_node_fault = NodeFault::kFaultless;
  }
  PlantedBug(const PlantedBug&) = delete;
  PlantedBug& operator=(const PlantedBug&) = delete;
};

TEST(PlantedBugs, NoneLeavesThePropertiesWhole) {
  EXPECT_EQ(exactly_the_peers_within_ttl_hops_are_asked(), Outcome::kHeld);
  EXPECT_EQ(flood_holds(Clause::kCompleteIsTrue), Outcome::kHeld);
  EXPECT_EQ(flood_holds(Clause::kHopsShrink), Outcome::kHeld);
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
  EXPECT_EQ(flood_holds(Clause::kAnswersOnce), Outcome::kFalsified);
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
  EXPECT_EQ(flood_holds(Clause::kHonestNotStruck), Outcome::kFalsified);
  EXPECT_EQ(flood_holds(Clause::kHopsShrink), Outcome::kFalsified);
}
TEST(PlantedBugs, RoutingHitsByQueryTakesHitsNobodyAskedFor) {
  const PlantedBug bug(FloodFault::kRouteHitsByQuery);
  EXPECT_EQ(what_nobody_asked_for_changes_nothing(subject_of(overlay::kFlood)),
            Outcome::kFalsified);
}
TEST(PlantedBugs, CallingEveryReportCompleteIsNoticed) {
  const PlantedBug bug(FloodFault::kCompleteAnyway);
  EXPECT_EQ(complete_reports_equal_what_the_world_saw(), Outcome::kFalsified);
  EXPECT_EQ(flood_holds(Clause::kCompleteIsTrue), Outcome::kFalsified);
}
TEST(PlantedBugs, HandingOutLateHitsIsNoticed) {
  const PlantedBug bug(FloodFault::kFoundAfterFinished);
  EXPECT_EQ(flood_holds(Clause::kSilentAfterwards), Outcome::kFalsified);
}
TEST(PlantedBugs, ForgettingDeadLinksMakesCompleteReportsWrong) {
  const PlantedBug bug(FloodFault::kForgetDeadLink);
  EXPECT_EQ(complete_reports_equal_what_the_world_saw(), Outcome::kFalsified);
}

TEST(PlantedBugs, ForwardingToTheAskerSendsTooManyCopies) {
  const PlantedBug bug(FloodFault::kForwardToAsker);
  EXPECT_EQ(flood_holds(Clause::kCopiesBounded), Outcome::kFalsified);
}
TEST(PlantedBugs, HoardingRoomBreaksTheBoundOnTables) {
  const PlantedBug bug(FloodFault::kHoardEdges);
  EXPECT_EQ(flood_holds(Clause::kTablesBounded), Outcome::kFalsified);
}
TEST(PlantedBugs, AnsweringStrayHitsIsNoticed) {
  const PlantedBug bug(FloodFault::kCancelStrayHits);
  EXPECT_EQ(stale_messages_change_nothing(subject_of(overlay::kFlood)), Outcome::kFalsified);
  EXPECT_EQ(what_nobody_asked_for_changes_nothing(subject_of(overlay::kFlood)),
            Outcome::kFalsified);
}
TEST(PlantedBugs, TakingQueriesOutOfBoundsIsNoticed) {
  const PlantedBug bug(NodeFault::kTakeAnyQuery);
  EXPECT_EQ(garbage_changes_nothing(subject_of(overlay::kFlood)), Outcome::kFalsified);
}

}  // namespace
}  // namespace shoal::tests
