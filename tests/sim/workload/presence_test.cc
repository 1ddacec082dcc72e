// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/presence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "overlay/core/registry.h"
#include "sim/network/delay.h"
#include "sim/topology/families.h"
#include "sim/workload/churn.h"
#include "sim/workload/faults.h"

namespace shoal::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Graph graph_of(const char* family, std::uint32_t peers) {
  TopologyParameters parameters;
  parameters.peers = peers;
  auto graph = make_graph(family, parameters, 1);
  EXPECT_TRUE(graph) << graph.error().why;
  return graph ? std::move(*graph) : Graph(peers);
}

// A network with all its peers.
struct Net {
  explicit Net(Graph graph_, Memory memory = Memory::kLost) : graph(std::move(graph_)) {
    EngineOptions options;
    options.floor = milliseconds(50);
    auto made = Engine::make(options, overlay::registry());
    EXPECT_TRUE(made);
    engine = std::move(*made);
    engine->build(graph, LinkLaw());
    presence = std::make_unique<Presence>(*engine, graph, Presence::Manner{memory, seconds(1)});
  }

  [[nodiscard]] std::size_t links(std::uint32_t peer) const {
    return engine->node(PeerRef{peer}).links().all().size();
  }
  void pass(Duration time) const { engine->run_until(engine->now() + time); }

  Graph graph;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Presence> presence;
};

TEST(Presence, BringsBackAPeerAndItsLinks) {
  for (const Memory memory : {Memory::kLost, Memory::kKept}) {
    Net net(graph_of("complete", 4), memory);
    net.presence->leave(0, Absence::kChurn);
    EXPECT_EQ(net.presence->size(), 3U);
    EXPECT_EQ(net.links(1), 3U);  // nobody has noticed yet
    net.pass(seconds(2));
    EXPECT_EQ(net.links(1), 2U);
    EXPECT_EQ(net.engine->alive(PeerRef{0}), memory == Memory::kKept);
    net.presence->join(0, Absence::kChurn);
    EXPECT_EQ(net.presence->size(), 4U);
    EXPECT_EQ(net.links(0), 3U);
    EXPECT_EQ(net.links(1), 3U);
  }
}

TEST(Presence, KeepsAwayAPeerForAsLongAsAnyReasonLasts) {
  Net net(graph_of("complete", 3));
  net.presence->leave(0, Absence::kChurn);
  net.presence->leave(0, Absence::kFault);
  net.presence->join(0, Absence::kFault);
  EXPECT_FALSE(net.presence->here(0));
  net.presence->join(0, Absence::kScript);
  EXPECT_FALSE(net.presence->here(0));
  net.presence->join(0, Absence::kChurn);
  EXPECT_TRUE(net.presence->here(0));
  net.presence->join(0, Absence::kChurn);
  EXPECT_EQ(net.presence->size(), 3U);
}

TEST(Presence, KeepsACutLinkDownWhoeverComesAndGoes) {
  Net net(graph_of("complete", 3));
  net.presence->cut({1, 0});
  EXPECT_EQ(net.links(0), 1U);
  net.presence->leave(0, Absence::kChurn);
  net.pass(seconds(2));
  net.presence->join(0, Absence::kChurn);
  EXPECT_EQ(net.links(0), 1U);
  net.presence->mend({0, 1});
  EXPECT_EQ(net.links(0), 2U);
  EXPECT_EQ(net.links(1), 2U);
}

// Sessions with a heavy tail: the share of peers that are here does not drift, since a run begins
// with residual lives; with fresh ones three of ten would be gone in the first minutes.
TEST(Churn, BeginsInEquilibrium) {
  constexpr double kPeers = 4000;
  Net net(graph_of("ring", static_cast<std::uint32_t>(kPeers)));
  const LifeLaw stays(WeibullLife{Fixed::from(0.38), minutes(42)});
  const LifeLaw absences(ExponentialLife{minutes(120)});
  const double up = std::chrono::duration<double>(stays.mean()).count();
  const double share = up / (up + 7200);
  const double sigma = std::sqrt(kPeers * share * (1 - share));
  Churn churn(*net.presence, stays, absences, Rng(5));
  for (int i = 0; i < 6; ++i) {
    EXPECT_NEAR(net.presence->size(), kPeers * share, 4 * sigma) << i << " times 10 minutes";
    net.pass(minutes(10));
  }
  // Each peer leaves once per mean cycle.
  const double departures = kPeers * 3600 / (up + 7200);
  EXPECT_NEAR(static_cast<double>(churn.departures()), departures, 6 * std::sqrt(departures));
  EXPECT_NEAR(static_cast<double>(churn.returns()), departures, 6 * std::sqrt(departures));
}

TEST(Faults, DoNotBringBackWhomChurnKeepsAway) {
  Net net(graph_of("complete", 3));
  IncidentPlan plan(net.graph);
  plan.crash(PeerRef{0}, {Instant(seconds(1)), Instant(seconds(3))});
  plan.link_down(PeerRef{1}, PeerRef{2}, {Instant(seconds(1)), Instant(seconds(5))});
  Faults faults(*net.presence, plan.incidents());
  net.engine->at(Instant(seconds(2)), [&] { net.presence->leave(0, Absence::kChurn); });
  net.engine->run_until(Instant(seconds(4)));
  EXPECT_FALSE(net.presence->here(0));
  EXPECT_EQ(net.links(1), 0U);
  net.engine->run_until(Instant(seconds(6)));
  EXPECT_EQ(net.links(1), 1U);
  net.presence->join(0, Absence::kChurn);
  EXPECT_EQ(net.links(1), 2U);
  EXPECT_EQ(net.links(0), 2U);
}

TEST(Agenda, ActsInOrderWhateverIsAddedMeanwhile) {
  Net net(graph_of("ring", 3));
  std::vector<std::uint64_t> done;
  Agenda agenda(*net.engine, [&](std::uint64_t what) {
    done.push_back(what);
    if (what == 1) agenda.add(Instant(seconds(2)), 7);
    if (what == 7) agenda.add(net.engine->now(), 8);
  });
  agenda.add(Instant(seconds(3)), 3);
  agenda.add(Instant(seconds(1)), 1);
  agenda.add(Instant(seconds(3)), 2);
  net.engine->run_until(Instant(seconds(10)));
  EXPECT_EQ(done, (std::vector<std::uint64_t>{1, 7, 8, 2, 3}));
}

}  // namespace
}  // namespace shoal::sim
