// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/breadth_first.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace shoal::sim {
namespace {

constexpr std::uint32_t kNever = 1000;

// Floyd: "Algorithm 97: shortest path", CACM 5 (1962).
std::vector<std::vector<std::uint32_t>> all_hops(std::uint32_t peers, const std::set<Edge>& open) {
  std::vector hops(peers, std::vector<std::uint32_t>(peers, kNever));
  for (const auto& [from, to] : open) hops[from][to] = 1;
  for (std::uint32_t peer = 0; peer < peers; ++peer) hops[peer][peer] = 0;
  for (std::uint32_t by = 0; by < peers; ++by) {
    for (auto& row : hops) {
      for (std::uint32_t to = 0; to < peers; ++to) {
        row[to] = std::min(row[to], row[by] + hops[by][to]);
      }
    }
  }
  return hops;
}

RC_GTEST_PROP(BreadthFirst, FindsExactlyWhoIsSoNear, ()) {
  const auto peers = *rc::gen::inRange<std::uint32_t>(1, 10).as("peers");
  const auto end = rc::gen::inRange<std::uint32_t>(0, peers);
  const auto edges = *rc::gen::container<std::vector<Edge>>(rc::gen::pair(end, end)).as("edges");
  const auto shut = *rc::gen::container<std::set<Edge>>(rc::gen::pair(end, end)).as("shut ways");
  const Graph graph = Graph::from_edges(peers, edges);
  std::set<Edge> open;
  for (std::uint32_t from = 0; from < peers; ++from) {
    for (const std::uint32_t to : graph.neighbours(from)) {
      if (!shut.contains({from, to})) open.emplace(from, to);
    }
  }
  const auto hops = all_hops(peers, open);
  BreadthFirst search(graph);
  for (std::uint32_t source = 0; source < peers; ++source) {
    const auto within = *rc::gen::inRange<std::uint32_t>(0, 10).as("within");
    search.run(source, within, [&](std::uint32_t from, std::uint32_t to) {
      return open.contains({from, to});
    });
    std::size_t found = 0;
    for (std::uint32_t at = 0; at <= search.farthest(); ++at) {
      for (const std::uint32_t peer : search.at(at)) RC_ASSERT(hops[source][peer] == at);
      found += search.at(at).size();
    }
    RC_ASSERT(found == search.reached().size());
    RC_ASSERT(search.at(search.farthest() + 1).empty());
    for (std::uint32_t peer = 0; peer < peers; ++peer) {
      RC_ASSERT(search.found(peer) == (hops[source][peer] <= within));
    }
  }
}

TEST(BreadthFirst, HasFoundNobodyBeforeItRuns) {
  const Graph graph(3);
  const BreadthFirst search(graph);
  EXPECT_FALSE(search.found(0));
  EXPECT_TRUE(search.reached().empty());
}

}  // namespace
}  // namespace shoal::sim
