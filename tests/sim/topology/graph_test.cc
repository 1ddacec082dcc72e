// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/graph.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace shoal::sim {
namespace {

TEST(Graph, WithoutPeersOrLinksIsOneToo) {
  EXPECT_EQ(Graph().size(), 0U);
  EXPECT_EQ(Graph(5).size(), 5U);
  EXPECT_EQ(Graph(5).edges(), 0U);
  EXPECT_TRUE(Graph(5).neighbours(4).empty());
  EXPECT_EQ(Graph::from_edges(5, {}), Graph(5));
}

RC_GTEST_PROP(Graph, HoldsEachLinkOnceFromBothEnds, ()) {
  const auto peers = *rc::gen::inRange<std::uint32_t>(1, 12).as("peers");
  const auto end = rc::gen::inRange<std::uint32_t>(0, peers);
  const auto edges = *rc::gen::container<std::vector<Edge>>(rc::gen::pair(end, end)).as("edges");
  std::set<Edge> wanted;
  std::uint64_t loops = 0;
  for (const auto& [one, other] : edges) {
    loops += one == other ? 1 : 0;
    if (one != other) wanted.emplace(std::min(one, other), std::max(one, other));
  }
  const Graph graph = Graph::from_edges(peers, edges);
  RC_ASSERT(graph.size() == peers);
  RC_ASSERT(graph.edges() == wanted.size());
  RC_ASSERT(graph.loops_dropped() == loops);
  RC_ASSERT(graph.doubles_dropped() == edges.size() - loops - wanted.size());
  std::uint32_t offset = 0;
  for (std::uint32_t one = 0; one < peers; ++one) {
    RC_ASSERT(graph.offset(one) == offset);
    std::vector<std::uint32_t> known;
    for (std::uint32_t other = 0; other < peers; ++other) {
      const bool linked = wanted.contains({std::min(one, other), std::max(one, other)});
      if (linked) known.push_back(other);
      RC_ASSERT(graph.linked(one, other) == linked);
    }
    const auto neighbours = graph.neighbours(one);
    RC_ASSERT(known == std::vector<std::uint32_t>(neighbours.begin(), neighbours.end()));
    RC_ASSERT(graph.degree(one) == known.size());
    offset += graph.degree(one);
  }
  RC_ASSERT(graph.offset(peers) == offset);
}

}  // namespace
}  // namespace shoal::sim
