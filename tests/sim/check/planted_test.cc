// SPDX-License-Identifier: Apache-2.0
// Bugs that are planted into flood: `check` finds each within a bounded number of seeds, and
// shrinks it to a scenario that one can look at. If it did not, nothing that it passes would say
// much.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "overlay/flood/faults.h"
#include "sim/check/hunt.h"

namespace shoal::sim {
namespace {

using overlay::FloodFault;

constexpr std::uint64_t kRunsMax = 400;
constexpr std::uint32_t kPeersMost = 8;

struct Planted {
  const char* name;
  FloodFault fault;
  std::set<Clause> clauses;  ///< one of these is broken first
};

class CheckFinds : public testing::TestWithParam<Planted> {
 protected:
  ~CheckFinds() override { overlay::planted_flood_fault = FloodFault::kFaultless; }
};

void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

Hunt hunt_flood() {
  HuntPlan plan;
  plan.overlays = {overlay::find_in(overlay::registry(), overlay::kFlood)};
  plan.runs = kRunsMax;
  return hunt(plan, [](const HuntProgress&) {});
}

TEST_P(CheckFinds, ThePlantedBugAndShrinksIt) {
  const Planted& planted = GetParam();
  overlay::planted_flood_fault = planted.fault;
  const Hunt found = hunt_flood();
  ASSERT_TRUE(found.prey) << "not found in " << kRunsMax << " scenarios";
  const Clause clause = found.prey->breaches[0].clause;
  EXPECT_TRUE(planted.clauses.contains(clause)) << name_of(clause);
  const Tamed small = tame(found.prey->scenario, clause);
  EXPECT_LE(small.scenario.peers, kPeersMost) << text_of(small.scenario);
  EXPECT_LE(small.scenario.links.size(), 2 * kPeersMost);
  EXPECT_LE(small.scenario.searches.size(), 2U);
  EXPECT_LE(small.scenario.troubles.size(), 4U);
  std::cout << planted.name << ": run " << found.prey->run << ", " << name_of(clause) << ", "
            << small.scenario.peers << " peers, " << small.scenario.links.size() << " links, "
            << small.scenario.searches.size() << " searches, " << small.scenario.troubles.size()
            << " troubles, " << small.tries << " tries\n";
  // What was kept breaks it again; and not without the bug.
  const auto again = parse_scenario(text_of(small.scenario), "kept");
  ASSERT_TRUE(again) << again.error().why;
  EXPECT_EQ(*again, small.scenario);
  EXPECT_FALSE(play(*again).breaches.empty());
  overlay::planted_flood_fault = FloodFault::kFaultless;
  EXPECT_TRUE(play(*again).breaches.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Bug, CheckFinds,
    testing::Values(
        Planted{
            "DropDeeperCopies", FloodFault::kDropDeeperCopies, {Clause::kReachesWhatItPromises}},
        Planted{"ForgetCorrection", FloodFault::kForgetCorrection, {Clause::kCompleteIsTrue}},
        Planted{"AnswerEveryCopy", FloodFault::kAnswerEveryCopy, {Clause::kAnswersOnce}},
        Planted{"EchoBeforeChildren",
                FloodFault::kEchoBeforeChildren,
                {Clause::kCompleteIsTrue, Clause::kAllAskedHolders, Clause::kHonestNotStruck}},
        Planted{"ForwardLastHop",
                FloodFault::kForwardLastHop,
                {Clause::kHonestNotStruck, Clause::kHopsShrink}},
        Planted{"CompleteAnyway", FloodFault::kCompleteAnyway, {Clause::kCompleteIsTrue}},
        Planted{"FoundAfterFinished", FloodFault::kFoundAfterFinished, {Clause::kSilentAfterwards}},
        Planted{"ForgetDeadLink", FloodFault::kForgetDeadLink, {Clause::kCompleteIsTrue}},
        Planted{"ForwardToAsker",
                FloodFault::kForwardToAsker,
                {Clause::kCopiesBounded, Clause::kCompleteIsTrue}},
        Planted{"HoardEdges", FloodFault::kHoardEdges, {Clause::kTablesBounded}},
        Planted{
            "CancelStrayHits",
            FloodFault::kCancelStrayHits,
            {Clause::kStrangersChangeNothing, Clause::kHonestNotStruck, Clause::kCancelEndsIt}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Check, FindsNothingWithoutABug) { EXPECT_FALSE(hunt_flood().prey); }

}  // namespace
}  // namespace shoal::sim
