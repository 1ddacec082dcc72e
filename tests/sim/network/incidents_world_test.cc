// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/network/delay.h"
#include "sim/network/incidents.h"
#include "sim/topology/families.h"
#include "tests/support/line_world.h"

namespace shoal::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kPeers = 10;

// Friends along a random graph, links with drawn delays.
void link_all(LineWorld& line, const sim::Graph& graph, std::uint64_t seed) {
  const sim::LinkLaw law{.delay =
                             sim::DelayLaw(sim::UniformDelay{milliseconds(10), milliseconds(100)})};
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
    for (const std::uint32_t other : graph.neighbours(peer)) {
      if (other < peer) continue;
      const sim::LinkTimes times = law.link(seed, PeerRef{peer}, PeerRef{other});
      line.world.connect(PeerRef{peer}, PeerRef{other}, {times.there, times.back, {}});
    }
  }
}

sim::IncidentPlan draw_plan(const sim::Graph& graph) {
  const Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed of the troubles"));
  const sim::Period troubled{Instant(seconds(1)), Instant(seconds(60))};
  sim::IncidentPlan plan(graph);
  plan.at_random(
      {.link_downs = {0.3, seconds(5)}, .stalls = {0.3, seconds(4)}, .crashes = {0.2, seconds(8)}},
      troubled, rng.fork(1));
  const bool one_way = *rc::gen::arbitrary<bool>().as("one way");
  const auto kind = one_way ? sim::PartitionKind::kAsymmetric : sim::PartitionKind::kSymmetric;
  plan.partition(sim::draw_side(graph.size(), 0.4, rng.fork(2)), kind,
                 {Instant(seconds(20)), Instant(seconds(50))}, seconds(10));
  plan.heal(troubled.to);
  return plan;
}

// First trouble, then a time without: afterwards everybody is reached again.
RC_GTEST_PROP(IncidentPlan, AWorldIsWholeAgainWhenAllIsHealed, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const sim::Graph graph =
      sim::make_graph("watts-strogatz", {.peers = kPeers, .degree = 4, .rewire = 0.3}, seed)
          .value();
  const sim::IncidentPlan plan = draw_plan(graph);
  LineWorld line(kPeers);
  link_all(line, graph, seed);
  for (const sim::Incident& incident : plan.incidents()) {
    line.world.at(incident.at, [&line, incident] { apply(line.world, incident, seconds(1)); });
  }
  for (std::uint32_t second = 2; second < 60; second += 6) {
    line.world.run_until(Instant(seconds(second)));
    if (line.world.alive(PeerRef{second % kPeers})) line.search(second % kPeers);
  }
  line.run_for(seconds(120));
  for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
    RC_ASSERT(line.world.alive(PeerRef{peer}));
    for (const std::uint32_t other : graph.neighbours(peer)) RC_ASSERT(line.asks(peer, other));
  }
  line.diary.reports.clear();
  RC_ASSERT(line.search(0, kPeers).has_value());
  line.run_for(seconds(60));
  RC_ASSERT(line.diary.reports.size() == 1U);
  RC_ASSERT(line.diary.reports[0].complete);
  RC_ASSERT(line.diary.reports[0].peers_asked() == kPeers - 1);
}

}  // namespace
}  // namespace shoal::tests
