// SPDX-License-Identifier: Apache-2.0
// By which ways a search goes, in which order, and what is said about it.
#include "cli/daemon/search/route_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace shoal::daemon {
namespace {

using overlay::OverlayEntry;
using overlay::Parameter;

constexpr std::array kWalk{Parameter{.name = "walkers", .doc = "", .fallback = 16, .most = 64}};
constexpr std::array kRing{Parameter{.name = "restart", .doc = "", .words = overlay::kOffOn},
                           Parameter{.name = "walkers", .doc = "", .most = 8}};
constexpr std::array kOverlays{
    OverlayEntry{OverlayId{1}, "flood", "", nullptr},
    OverlayEntry{OverlayId{2}, "ring", "", nullptr, kRing},
    OverlayEntry{OverlayId{3}, "walk", "", nullptr, kWalk},
    OverlayEntry{OverlayId{6}, "kademlia", "", nullptr},
};
const std::vector<std::string> kKeyed{"kademlia"};

RoutePlan automatic(std::uint8_t ttl = 5, std::uint32_t enough = 0,
                    std::span<const std::string> running = {}) {
  auto plan = RoutePlan::make({.via = "auto", .ttl = ttl, .enough = enough, .parameters = {}},
                              kOverlays, running);
  EXPECT_TRUE(plan);
  return *plan;
}

LegEnd flood_end(std::int64_t near, std::int64_t last_hop, bool complete = true) {
  return {.complete = complete,
          .counted = true,
          .peers_asked = near + last_hop,
          .cut_by_ttl = last_hop};
}

// "flood 2, walk 5": the ways taken when each leg ends as `end` says and nothing is found.
std::string ways(RoutePlan plan, const LegEnd& end) {
  std::string out;
  std::vector<LegEnd> ended;
  for (auto legs = plan.next({}, 0); !legs.empty(); legs = plan.next(ended, 0)) {
    for (const Leg& leg : legs) {
      out += (out.empty() ? "" : ", ") + leg.via + " " + std::to_string(leg.ttl);
      ended.push_back(end);
    }
  }
  return out + ": " + plan.stopped();
}

TEST(RoutePlan, GoesBesideTheOverlaysToo) {
  auto plan = RoutePlan::make({.via = "ring,directory", .ttl = 7, .parameters = {{"walkers", "2"}}},
                              kOverlays);
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_FALSE(plan->single());
  const auto legs = plan->next({}, 0);
  ASSERT_EQ(legs.size(), 2U);
  EXPECT_FALSE(legs[0].side);
  EXPECT_EQ(legs[0].parameters.size(), 1U);
  EXPECT_TRUE(legs[1].side);
  EXPECT_EQ(legs[1].via, "directory");
  EXPECT_TRUE(legs[1].parameters.empty());
  auto alone = RoutePlan::make({.via = "directory", .parameters = {}}, kOverlays);
  ASSERT_TRUE(alone);
  EXPECT_FALSE(alone->single()) << "its report says what was answered, as a leg";
  EXPECT_FALSE(RoutePlan::make({.via = "directory", .parameters = {{"walkers", "2"}}}, kOverlays));
  EXPECT_FALSE(RoutePlan::make({.via = "directory,directory", .parameters = {}}, kOverlays));
  EXPECT_NE(RoutePlan::make({.via = "nowhere", .parameters = {}}, kOverlays)
                .error()
                .why.find("directory"),
            std::string::npos);
}

TEST(RoutePlan, TakesTheOneOverlayThatIsNamed) {
  auto plan =
      RoutePlan::make({.via = "ring", .ttl = 7, .parameters = {{"restart", "on"}}}, kOverlays);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->single());
  const auto legs = plan->next({}, 0);
  ASSERT_EQ(legs.size(), 1U);
  EXPECT_EQ(legs[0].ttl, 7);
  EXPECT_EQ(legs[0].parameters.size(), 1U);
  EXPECT_TRUE(plan->next(std::vector<LegEnd>(1), 0).empty());
}

TEST(RoutePlan, StartsSeveralNamedOnesAtOnceAndGivesEachTheParametersThatItHas) {
  auto plan = RoutePlan::make(
      {.via = "flood,walk,ring", .parameters = {{"walkers", "8"}, {"restart", "on"}}}, kOverlays);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->single());
  const auto legs = plan->next({}, 0);
  ASSERT_EQ(legs.size(), 3U);
  EXPECT_TRUE(legs[0].parameters.empty());
  EXPECT_EQ(legs[1].parameters.size(), 1U);
  EXPECT_EQ(legs[2].parameters.size(), 2U);
  EXPECT_TRUE(plan->next(std::vector<LegEnd>(3), 0).empty());
}

TEST(RoutePlan, RefusesWhatNoOverlayIsOrTakes) {
  const auto why = [](const RouteWish& wish) {
    const auto plan = RoutePlan::make(wish, kOverlays);
    return plan ? std::string() : plan.error().what;
  };
  EXPECT_EQ(why({.via = "teleport", .parameters = {}}), "no such overlay: teleport");
  EXPECT_EQ(why({.via = "", .parameters = {}}), "no such overlay: ");
  EXPECT_EQ(why({.via = "flood,", .parameters = {}}), "no such overlay: ");
  EXPECT_EQ(why({.via = "flood,flood", .parameters = {}}), "an overlay is named twice");
  const auto wrong = RoutePlan::make({.via = "walk", .parameters = {{"walkers", "x"}}}, kOverlays);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().next.find("shoal overlay"), std::string::npos) << wrong.error().next;
  EXPECT_EQ(why({.via = "auto,flood", .parameters = {}}), "no such overlay: auto");
  EXPECT_EQ(why({.via = "flood", .parameters = {{"walkers", "8"}}}), "no such parameter: walkers");
  EXPECT_EQ(why({.via = "walk", .parameters = {{"walkers", "65"}}}), "walkers cannot be \"65\"");
}

TEST(RoutePlan, BeginsWithFriendsAndTheirsAndStopsWhenEnoughIsFound) {
  RoutePlan plan = automatic(5, 3);
  const auto first = plan.next({}, 0);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].via, "flood");
  EXPECT_EQ(first[0].ttl, 2);
  const std::vector<LegEnd> ended{flood_end(8, 50)};
  RoutePlan other = plan;
  EXPECT_TRUE(plan.next(ended, 3).empty());
  EXPECT_EQ(plan.stopped(), "enough was found");
  EXPECT_FALSE(other.next(ended, 2).empty());
}

TEST(RoutePlan, SendsWalkersBeforeEverybodyOnlyWhereTheNetworkIsWide) {
  EXPECT_EQ(ways(automatic(), flood_end(8, 56)),
            "flood 2, walk 5, flood 5: nothing dearer is left to try");
  EXPECT_EQ(ways(automatic(), flood_end(3, 4)), "flood 2, flood 5: nothing dearer is left to try");
}

TEST(RoutePlan, AsksNobodyTwiceWhenEverybodyWasAsked) {
  EXPECT_EQ(ways(automatic(), flood_end(5, 0)), "flood 2: everybody who can be reached was asked");
  EXPECT_EQ(ways(automatic(), flood_end(5, 0, false)),
            "flood 2, flood 5: nothing dearer is left to try");
  EXPECT_EQ(ways(automatic(), LegEnd{.nobody = true, .complete = true, .counted = true}),
            "flood 2: nobody could be asked");
  EXPECT_EQ(ways(automatic(2), flood_end(8, 56)), "flood 2: nothing dearer is left to try");
  EXPECT_EQ(ways(automatic(1), flood_end(8, 56)), "flood 1: nothing dearer is left to try");
}

TEST(RoutePlan, LooksWhoKeepsTheKeyWhereTheNetworkHasKeys) {
  EXPECT_EQ(ways(automatic(5, 0, kKeyed), flood_end(5, 0)),
            "flood 2, kademlia 5, flood 5: nothing dearer is left to try");
  EXPECT_EQ(ways(automatic(2, 0, kKeyed), LegEnd{.nobody = true}),
            "flood 2, kademlia 2: nothing dearer is left to try");
}

TEST(RoutePlan, GuessesAHorizonFromTheGrowthOfTheFirstHops) {
  EXPECT_EQ(peers_within(flood_end(8, 56), 2, 2), 64);
  EXPECT_EQ(peers_within(flood_end(8, 56), 2, 4), 64 + 392 + 2744);
  EXPECT_EQ(peers_within(flood_end(8, 0), 2, 15), 8);
  EXPECT_EQ(peers_within(flood_end(0, 0), 2, 15), 0);
  EXPECT_GT(peers_within(flood_end(1, 1000), 2, 15), 1000);  // bounded, whatever is claimed
}

}  // namespace
}  // namespace shoal::daemon
