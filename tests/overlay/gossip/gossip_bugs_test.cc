// SPDX-License-Identifier: Apache-2.0
// Each bug that is planted into gossip makes the property named beside it fail: so that property
// does look at what it says. The counterexamples on stderr are expected.
#include <gtest/gtest.h>

#include "overlay/core/registry.h"
#include "overlay/gossip/gossip.h"
#include "tests/conformance/contract.h"
#include "tests/overlay/gossip/bugs.h"
#include "tests/overlay/gossip/gossip_properties.h"

namespace shoal::overlay {

using Make = std::unique_ptr<Overlay> (*)(Env&);
std::unique_ptr<Overlay> make_bug_0(Env& env);
std::unique_ptr<Overlay> make_bug_1(Env& env);
std::unique_ptr<Overlay> make_bug_2(Env& env);
std::unique_ptr<Overlay> make_bug_3(Env& env);
std::unique_ptr<Overlay> make_bug_4(Env& env);
std::unique_ptr<Overlay> make_bug_5(Env& env);
std::unique_ptr<Overlay> make_bug_6(Env& env);
std::unique_ptr<Overlay> make_bug_7(Env& env);

namespace {

constexpr std::array<Make, tests::kGossipBugs.size()> kMakes{
    make_bug_0, make_bug_1, make_bug_2, make_bug_3, make_bug_4, make_bug_5, make_bug_6, make_bug_7};
Make planted_make = make_gossip;

}  // namespace

std::span<const OverlayEntry> registry() {
  static constexpr std::array kOverlays{OverlayEntry{kGossip, "gossip", "with a bug",
                                                     [](Env& env) { return planted_make(env); },
                                                     kGossipParameters}};
  return kOverlays;
}

}  // namespace shoal::overlay

namespace shoal::tests {
namespace {

using sim::Clause;

class PlantedBug {
 public:
  explicit PlantedBug(GossipBugNumber bug) { overlay::planted_make = overlay::kMakes[bug]; }
  ~PlantedBug() { overlay::planted_make = overlay::make_gossip; }
  PlantedBug(const PlantedBug&) = delete;
  PlantedBug& operator=(const PlantedBug&) = delete;
};

Subject gossip() { return subject_of(overlay::kGossip); }

TEST(GossipBugs, NoneLeavesThePropertiesWhole) {
  EXPECT_EQ(who_hears_it_first_tells_exactly_fanout_others_once(), Outcome::kHeld);
  EXPECT_EQ(whoever_is_asked_has_time_to_answer(), Outcome::kHeld);
  EXPECT_TRUE(hits_of_whom_nobody_told_are_rejected());
  EXPECT_TRUE(chance_prefers_nobody());
  EXPECT_EQ(holds(gossip(), Clause::kHonestNotStruck), Outcome::kHeld);
}
TEST(GossipBugs, TellingAgainIsNoticed) {
  const PlantedBug bug(kTellsAgain);
  EXPECT_EQ(who_hears_it_first_tells_exactly_fanout_others_once(), Outcome::kFalsified);
}
TEST(GossipBugs, TellingOneMoreIsNoticed) {
  const PlantedBug bug(kTellsOneMore);
  EXPECT_EQ(who_hears_it_first_tells_exactly_fanout_others_once(), Outcome::kFalsified);
}
TEST(GossipBugs, PreferringTheFirstFriendsIsNoticed) {
  const PlantedBug bug(kPrefersTheFirst);
  EXPECT_FALSE(chance_prefers_nobody());
}
TEST(GossipBugs, LeavingNoTimeToReturnLosesHolders) {
  const PlantedBug bug(kLeavesNoTimeToReturn);
  EXPECT_EQ(whoever_is_asked_has_time_to_answer(), Outcome::kFalsified);
}
TEST(GossipBugs, TakingHitsOfAnybodyIsNoticed) {
  const PlantedBug bug(kTakesHitsOfAnybody);
  EXPECT_FALSE(hits_of_whom_nobody_told_are_rejected());
}
TEST(GossipBugs, ForwardingTheLastHopIsAnOffence) {
  const PlantedBug bug(kForwardsTheLastHop);
  EXPECT_EQ(holds(gossip(), Clause::kHonestNotStruck), Outcome::kFalsified);
}
TEST(GossipBugs, WaitingForThoseWhoAreGoneIsNoticed) {
  const PlantedBug bug(kWaitsForTheGone);
  EXPECT_FALSE(a_search_ends_when_nobody_who_was_told_is_left());
}
TEST(GossipBugs, ClaimingToKnowIsNoticed) {
  const PlantedBug bug(kClaimsToKnow);
  EXPECT_EQ(a_search_ends_with_what_was_found_and_claims_no_more(), Outcome::kFalsified);
}

}  // namespace
}  // namespace shoal::tests
