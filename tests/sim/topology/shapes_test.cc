// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "sim/topology/families.h"

namespace shoal::sim {
namespace {

Graph make(std::string_view family, const TopologyParameters& parameters) {
  return make_graph(family, parameters, 1).value();
}

// How many peers have so many links.
std::map<std::uint32_t, int> degrees_of(const Graph& graph) {
  std::map<std::uint32_t, int> degrees;
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) ++degrees[graph.degree(peer)];
  return degrees;
}

std::vector<std::uint32_t> known_to(const Graph& graph, std::uint32_t peer) {
  const auto neighbours = graph.neighbours(peer);
  return {neighbours.begin(), neighbours.end()};
}

using Degrees = std::map<std::uint32_t, int>;
using Known = std::vector<std::uint32_t>;

TEST(Shapes, RingsAndPaths) {
  EXPECT_EQ(degrees_of(make("ring", {.peers = 7})), (Degrees{{2, 7}}));
  EXPECT_EQ(known_to(make("ring", {.peers = 7}), 0), (Known{1, 6}));
  EXPECT_EQ(degrees_of(make("path", {.peers = 7})), (Degrees{{1, 2}, {2, 5}}));
  EXPECT_EQ(make("path", {.peers = 1}).edges(), 0U);
}

TEST(Shapes, StarsAndCompleteGraphs) {
  EXPECT_EQ(degrees_of(make("star", {.peers = 7})), (Degrees{{1, 6}, {6, 1}}));
  EXPECT_EQ(make("star", {.peers = 7}).degree(0), 6U);
  EXPECT_EQ(degrees_of(make("complete", {.peers = 7})), (Degrees{{6, 7}}));
}

TEST(Shapes, Trees) {
  const Graph binary = make("tree", {.peers = 15, .branching = 2});
  EXPECT_EQ(degrees_of(binary), (Degrees{{1, 8}, {2, 1}, {3, 6}}));
  EXPECT_EQ(known_to(binary, 3), (Known{1, 7, 8}));
  EXPECT_EQ(make("tree", {.peers = 4, .branching = 1}), make("path", {.peers = 4}));
}

TEST(Shapes, GridsAndTori) {
  const Graph grid = make("grid", {.peers = 12, .width = 4});
  EXPECT_EQ(degrees_of(grid), (Degrees{{2, 4}, {3, 6}, {4, 2}}));
  EXPECT_EQ(known_to(grid, 5), (Known{1, 4, 6, 9}));
  const Graph torus = make("torus", {.peers = 12, .width = 4});
  EXPECT_EQ(degrees_of(torus), (Degrees{{4, 12}}));
  EXPECT_EQ(known_to(torus, 0), (Known{1, 3, 4, 8}));
  EXPECT_EQ(make("grid", {.peers = 9}), make("grid", {.peers = 9, .width = 3}));
}

TEST(Shapes, Hypercubes) {
  const Graph cube = make("hypercube", {.peers = 16});
  EXPECT_EQ(degrees_of(cube), (Degrees{{4, 16}}));
  EXPECT_EQ(known_to(cube, 5), (Known{1, 4, 7, 13}));
  EXPECT_EQ(make("hypercube", {.peers = 1}).edges(), 0U);
}

TEST(Shapes, ThePetersenGraphHasNoCircleShorterThanFive) {
  const Graph graph = make("petersen", {.peers = 10});
  EXPECT_EQ(degrees_of(graph), (Degrees{{3, 10}}));
  // Neighbours have no neighbour in common, others exactly one.
  for (std::uint32_t one = 0; one < 10; ++one) {
    for (std::uint32_t other = one + 1; other < 10; ++other) {
      const auto common = std::ranges::count_if(
          graph.neighbours(one), [&](std::uint32_t third) { return graph.linked(third, other); });
      EXPECT_EQ(common, graph.linked(one, other) ? 0 : 1);
    }
  }
}

}  // namespace
}  // namespace shoal::sim
