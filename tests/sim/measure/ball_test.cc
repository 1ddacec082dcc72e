// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/ball.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

#include "sim/topology/graph.h"

namespace shoal::sim {
namespace {

constexpr unsigned kFar = std::numeric_limits<unsigned>::max();

// Distances by relaxing every link until nothing changes.
std::vector<unsigned> distances(const Graph& graph, std::uint32_t source) {
  std::vector<unsigned> out(graph.size(), kFar);
  out[source] = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t peer = 0; peer < graph.size(); ++peer) {
      for (const std::uint32_t other : graph.neighbours(peer)) {
        if (out[peer] == kFar || out[other] <= out[peer] + 1) continue;
        out[other] = out[peer] + 1;
        changed = true;
      }
    }
  }
  return out;
}

RC_GTEST_PROP(BallSearch, FindsExactlyThePeersWithinSoManyHops, ()) {
  const auto peers = *rc::gen::inRange<std::uint32_t>(1, 30).as("peers");
  const auto end = rc::gen::inRange<std::uint32_t>(0, peers);
  const auto edges = *rc::gen::container<std::vector<Edge>>(rc::gen::pair(end, end)).as("edges");
  const Graph graph = Graph::from_edges(peers, edges);
  BallSearch ball(peers);
  for (int round = 0; round < 2; ++round) {  // it is used again
    const auto source = *end.as("source");
    const auto hops = *rc::gen::inRange(0U, 8U).as("hops");
    ball.run(source, hops, [&](std::uint32_t peer, auto visit) {
      for (const std::uint32_t other : graph.neighbours(peer)) visit(other);
    });
    const auto truth = distances(graph, source);
    for (std::uint32_t peer = 0; peer < peers; ++peer) {
      RC_ASSERT(ball.contains(peer) == (truth[peer] <= hops));
    }
    for (unsigned hop = 1; hop < 10; ++hop) {
      const auto there = hop <= hops ? std::ranges::count(truth, hop) : 0;
      RC_ASSERT(ball.at_hop(hop) == static_cast<std::uint64_t>(there));
    }
    const auto all = std::ranges::count_if(truth, [&](unsigned d) { return d <= hops; });
    RC_ASSERT(ball.size() == static_cast<std::uint64_t>(all - 1));
  }
}

}  // namespace
}  // namespace shoal::sim
