// SPDX-License-Identifier: Apache-2.0
#include "sim/network/incidents.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "sim/topology/families.h"

namespace shoal::sim {
namespace {

using std::chrono::seconds;
using Way = std::pair<std::uint32_t, std::uint32_t>;

Instant at_second(std::int64_t s) { return Instant(seconds(s)); }
Period between(std::int64_t from, std::int64_t to) { return {at_second(from), at_second(to)}; }

// The verbs of a driver, with the state that they leave.
struct Recorder {
  std::set<std::uint32_t> crashed{};
  std::set<Way> down{};
  std::set<Way> stalled{};
  std::set<Way> refused{};
  std::map<std::uint32_t, Duration> jumped{};

  void crash(PeerRef peer, Duration /*notice*/) { RC_ASSERT(crashed.insert(peer.value).second); }
  void restart(PeerRef peer) { RC_ASSERT(crashed.erase(peer.value) == 1U); }
  void jump(PeerRef a, Duration by) { jumped[a.value] += by; }
  void take_down(PeerRef a, PeerRef b) { RC_ASSERT(down.emplace(a.value, b.value).second); }
  void bring_up(PeerRef a, PeerRef b) { RC_ASSERT(down.erase({a.value, b.value}) == 1U); }
  void refuse(PeerRef a, PeerRef b) {
    RC_ASSERT(down.contains(std::minmax(a.value, b.value)));
    refused.emplace(a.value, b.value);
  }
  void stall(PeerRef a, PeerRef b, bool on) {
    if (on) {
      RC_ASSERT(stalled.emplace(a.value, b.value).second);
    } else {
      RC_ASSERT(stalled.erase({a.value, b.value}) == 1U);
    }
  }
};

// One thing put into a plan.
struct Trouble {
  int kind = 0;  // 0 link down, 1 stall, 2 crash
  Way way;
  std::int64_t from = 0;
  std::int64_t to = 0;
  [[nodiscard]] bool covers(std::int64_t s) const { return from <= s && s < to; }
};

bool keeps_down(const Trouble& trouble, const Way& link) {
  if (trouble.kind == 2) return trouble.way.first == link.first || trouble.way.first == link.second;
  return trouble.kind == 0 &&
         std::minmax(trouble.way.first, trouble.way.second) == std::minmax(link.first, link.second);
}

RC_GTEST_PROP(IncidentPlan, TroublesLastAsLongAsAnyThatCoversThem, ()) {
  const Graph graph = make_graph("ring", {.peers = 4}, 1).value();
  const auto heals_at = *rc::gen::inRange<std::int64_t>(1, 15).as("heals at");
  const auto count = *rc::gen::inRange(0, 8).as("troubles");
  IncidentPlan plan(graph);
  std::vector<Trouble> troubles;
  for (int i = 0; i < count; ++i) {
    Trouble trouble;
    trouble.kind = *rc::gen::inRange(0, 3).as("kind");
    trouble.way.first = *rc::gen::inRange(0U, 4U).as("peer");
    trouble.way.second = (trouble.way.first + *rc::gen::element(1U, 3U).as("other")) % 4;
    trouble.from = *rc::gen::inRange<std::int64_t>(0, 12).as("from");
    trouble.to = trouble.from + *rc::gen::inRange<std::int64_t>(0, 6).as("lasts");
    troubles.push_back(trouble);
    const PeerRef first{trouble.way.first};
    const PeerRef second{trouble.way.second};
    const Period period = between(trouble.from, trouble.to);
    if (trouble.kind == 0) plan.link_down(first, second, period);
    if (trouble.kind == 1) plan.stall(first, second, period);
    if (trouble.kind == 2) plan.crash(first, period);
  }
  plan.heal(at_second(heals_at));

  const std::vector<Incident> incidents = plan.incidents();
  auto next = incidents.begin();
  Recorder now;
  for (std::int64_t s = 0; s < 20; ++s) {
    for (; next != incidents.end() && next->at <= at_second(s); ++next) apply(now, *next, {});
    Recorder expected;
    for (const Trouble& trouble : troubles) {
      if (!trouble.covers(s) || s >= heals_at) continue;
      if (trouble.kind == 1) expected.stalled.insert(trouble.way);
      if (trouble.kind == 2) expected.crashed.insert(trouble.way.first);
      for (const Way& link : {Way{0, 1}, {1, 2}, {2, 3}, {0, 3}}) {
        if (keeps_down(trouble, link)) expected.down.insert(link);
      }
    }
    RC_ASSERT(now.crashed == expected.crashed);
    RC_ASSERT(now.down == expected.down);
    RC_ASSERT(now.stalled == expected.stalled);
  }
  RC_ASSERT(next == incidents.end());
}

TEST(IncidentPlan, LetsClocksJumpUntilAllIsHealed) {
  const Graph graph = make_graph("ring", {.peers = 4}, 1).value();
  IncidentPlan plan(graph);
  plan.jump(PeerRef{2}, at_second(9), seconds(40));
  plan.jump(PeerRef{2}, at_second(3), seconds(1));
  plan.jump(PeerRef{2}, at_second(3), seconds(2));
  plan.heal(at_second(9));
  Recorder seen;
  for (const Incident& incident : plan.incidents()) {
    EXPECT_EQ(incident.at, at_second(3));
    apply(seen, incident, {});
  }
  EXPECT_EQ(seen.jumped, (std::map<std::uint32_t, Duration>{{2, seconds(3)}}));
  plan.at_random({.jumps = {2, seconds(7)}}, between(0, 100), Rng(1));
  std::size_t drawn = 0;
  for (const Incident& incident : plan.incidents()) drawn += incident.by == seconds(7) ? 1U : 0U;
  EXPECT_GT(drawn, 150U);
  EXPECT_LT(drawn, 250U);
}

// What a plan makes of a path 0 - 1 - 2 with a partition between 1 and 2.
std::vector<Incident> parted(PartitionKind kind, Period period, Duration notice) {
  const Graph graph = make_graph("path", {.peers = 3}, 1).value();
  IncidentPlan plan(graph);
  plan.isolate(PeerRef{2}, kind, period, notice);
  return plan.incidents();
}

constexpr PeerRef kOne{1};
constexpr PeerRef kTwo{2};

TEST(IncidentPlan, APartitionIsSilentUntilItIsNoticed) {
  using enum IncidentKind;
  EXPECT_EQ(parted(PartitionKind::kSymmetric, between(5, 60), seconds(10)),
            (std::vector<Incident>{{at_second(5), kStall, kOne, kTwo},
                                   {at_second(5), kStall, kTwo, kOne},
                                   {at_second(15), kLinkDown, kOne, kTwo},
                                   {at_second(15), kFlow, kOne, kTwo},
                                   {at_second(15), kFlow, kTwo, kOne},
                                   {at_second(60), kLinkUp, kOne, kTwo}}));
}

TEST(IncidentPlan, AShortPartitionIsNotNoticed) {
  using enum IncidentKind;
  EXPECT_EQ(parted(PartitionKind::kSymmetric, between(5, 9), seconds(10)),
            (std::vector<Incident>{{at_second(5), kStall, kOne, kTwo},
                                   {at_second(5), kStall, kTwo, kOne},
                                   {at_second(9), kFlow, kOne, kTwo},
                                   {at_second(9), kFlow, kTwo, kOne}}));
}

TEST(IncidentPlan, OneSideOfAnAsymmetricPartitionStillHearsTheOther) {
  using enum IncidentKind;
  EXPECT_EQ(parted(PartitionKind::kAsymmetric, between(5, 9), seconds(10)),
            (std::vector<Incident>{{at_second(5), kStall, kTwo, kOne},
                                   {at_second(9), kFlow, kTwo, kOne}}));
}

TEST(IncidentPlan, APartitionForGoodEndsWhenAllIsHealed) {
  using enum IncidentKind;
  const Graph graph = make_graph("path", {.peers = 3}, 1).value();
  IncidentPlan plan(graph);
  plan.isolate(kTwo, PartitionKind::kSymmetric, {at_second(5), Instant::max()}, {});
  EXPECT_EQ(plan.incidents(), (std::vector<Incident>{{at_second(5), kLinkDown, kOne, kTwo}}));
  plan.heal(at_second(30));
  EXPECT_EQ(plan.incidents(), (std::vector<Incident>{{at_second(5), kLinkDown, kOne, kTwo},
                                                     {at_second(30), kLinkUp, kOne, kTwo}}));
}

TEST(IncidentPlan, UndialablePeersHaveNoLinkWithEachOtherNotEvenHealed) {
  using enum IncidentKind;
  const Graph graph = make_graph("path", {.peers = 4}, 1).value();
  IncidentPlan plan(graph);
  plan.undialable({true, false, true, true}, Instant());
  plan.link_down(PeerRef{2}, PeerRef{3}, between(2, 4));
  plan.heal(at_second(3));
  EXPECT_EQ(plan.incidents(),
            (std::vector<Incident>{{Instant(), kLinkDown, PeerRef{2}, PeerRef{3}},
                                   {Instant(), kRefuse, PeerRef{2}, PeerRef{3}},
                                   {Instant(), kRefuse, PeerRef{3}, PeerRef{2}}}));
}

TEST(IncidentPlan, RandomTroublesComeAtTheirRates) {
  const Graph graph = make_graph("random-regular", {.peers = 1000, .degree = 4}, 1).value();
  const IncidentRates rates{
      .link_downs = {2, seconds(1)}, .stalls = {3, seconds(1)}, .crashes = {1, seconds(1)}};
  IncidentPlan plan(graph);
  plan.at_random(rates, between(100, 1100), Rng(4));
  std::array<int, 7> happened{};
  for (const Incident& incident : plan.incidents()) {
    ++happened[static_cast<std::size_t>(incident.kind)];
    EXPECT_GE(incident.at, at_second(100));
    EXPECT_LE(incident.at, at_second(1101));
  }
  const auto count = [&](IncidentKind kind) { return happened[static_cast<std::size_t>(kind)]; };
  // Some few overlap and count as one.
  EXPECT_NEAR(count(IncidentKind::kCrash), 1000, 4 * std::sqrt(1000) + 2);
  EXPECT_NEAR(count(IncidentKind::kStall), 3000, 4 * std::sqrt(3000) + 4);
  const int downs = count(IncidentKind::kLinkDown) - 4 * count(IncidentKind::kCrash);
  EXPECT_NEAR(downs, 2000, 4 * std::sqrt(2000) + 30);
  IncidentPlan again(graph);
  again.at_random(rates, between(100, 1100), Rng(4));
  EXPECT_EQ(again.incidents(), plan.incidents());
}

TEST(IncidentPlan, EveryWayOfEveryLinkIsMetAlikeOften) {
  const Graph graph = make_graph("star", {.peers = 5}, 1).value();
  IncidentPlan plan(graph);
  plan.at_random({.stalls = {10, Duration(1)}}, between(0, 800), Rng(1));
  std::map<Way, int> met;
  for (const Incident& incident : plan.incidents()) {
    if (incident.kind == IncidentKind::kStall) ++met[{incident.first.value, incident.second.value}];
  }
  EXPECT_EQ(met.size(), 8U);
  for (const auto& [way, count] : met) EXPECT_NEAR(count, 1000, 4 * std::sqrt(1000));
}

TEST(IncidentPlan, ASideIsARandomShare) {
  const std::vector<bool> side = draw_side(10'000, 0.25, Rng(1));
  EXPECT_NEAR(static_cast<double>(std::ranges::count(side, true)), 2500,
              4 * std::sqrt(10'000 * 0.25 * 0.75));
  EXPECT_EQ(std::ranges::count(draw_side(100, 0, Rng(1)), true), 0);
  EXPECT_EQ(std::ranges::count(draw_side(100, 1, Rng(1)), true), 100);
}

}  // namespace
}  // namespace shoal::sim
