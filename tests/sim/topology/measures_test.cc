// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/measures.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/topology/families.h"

namespace shoal::sim {
namespace {

Graph make(std::string_view family, const TopologyParameters& parameters) {
  return make_graph(family, parameters, 1).value();
}

struct Shape {
  std::string_view family;
  TopologyParameters parameters;
  std::uint64_t triangles;
  double mean_local;
  double global;
  double mean_distance;
  std::uint32_t diameter;
};

// Closed forms: a ring of 2n has the mean distance n^2 / (2n - 1), a path of n (n + 1) / 3, a
// hypercube of dimension d  d 2^(d-1) / (2^d - 1), a star of n  2 (n - 1) / n.
TEST(Measures, ShapesHaveTheirClosedForms) {
  const std::vector<Shape> shapes = {
      {"ring", {.peers = 10}, 0, 0, 0, 25.0 / 9, 5},
      {"ring", {.peers = 3}, 1, 1, 1, 1, 1},
      {"path", {.peers = 10}, 0, 0, 0, 11.0 / 3, 9},
      {"star", {.peers = 10}, 0, 0, 0, 1.8, 2},
      {"complete", {.peers = 10}, 120, 1, 1, 1, 1},
      {"petersen", {.peers = 10}, 0, 0, 0, 5.0 / 3, 2},
      {"hypercube", {.peers = 64}, 0, 0, 0, 192.0 / 63, 6},
      {"tree", {.peers = 7}, 0, 0, 0, 96.0 / 42, 4},
      {"grid", {.peers = 9}, 0, 0, 0, 2, 4},
      // The small world before it is one, of degree 6: clustering 3 (6 - 2) / (4 (6 - 1)).
      {"watts-strogatz", {.peers = 100, .degree = 6, .rewire = 0}, 300, 0.6, 0.6, 867.0 / 99, 17},
  };
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.family);
    const Graph graph = make(shape.family, shape.parameters);
    const Clustering clustering = clustering_of(graph);
    EXPECT_EQ(clustering.triangles, shape.triangles);
    EXPECT_NEAR(clustering.mean_local, shape.mean_local, 1e-12);
    EXPECT_NEAR(clustering.global, shape.global, 1e-12);
    const Distances distances = distances_of(graph, 100, 1);
    EXPECT_TRUE(distances.exact);
    EXPECT_NEAR(distances.mean, shape.mean_distance, 1e-12);
    EXPECT_EQ(distances.longest, shape.diameter);
    EXPECT_EQ(components_of(graph).sizes, (std::vector<std::uint32_t>{graph.size()}));
  }
}

TEST(Measures, DegreesAreCounted) {
  const Degrees degrees = degrees_of(make("grid", {.peers = 12, .width = 4}));
  EXPECT_EQ(degrees.least, 2U);
  EXPECT_EQ(degrees.most, 4U);
  EXPECT_NEAR(degrees.mean, 34.0 / 12, 1e-12);
  EXPECT_EQ(degrees.peers, (std::vector<std::uint32_t>{0, 0, 4, 6, 2}));
  EXPECT_TRUE(degrees_of(Graph()).peers.empty());
}

RC_GTEST_PROP(Measures, AgreeWithCountingEveryPairAndTriple, ()) {
  const auto peers = *rc::gen::inRange<std::uint32_t>(1, 9).as("peers");
  const auto end = rc::gen::inRange<std::uint32_t>(0, peers);
  const auto edges = *rc::gen::container<std::vector<Edge>>(rc::gen::pair(end, end)).as("edges");
  const Graph graph = Graph::from_edges(peers, edges);

  // Same component: reachable by links, closed transitively.
  std::vector joined(peers, std::vector<bool>(peers));
  for (std::uint32_t a = 0; a < peers; ++a) {
    for (std::uint32_t b = 0; b < peers; ++b) joined[a][b] = a == b || graph.linked(a, b);
  }
  for (std::uint32_t by = 0; by < peers; ++by) {
    for (std::uint32_t a = 0; a < peers; ++a) {
      for (std::uint32_t b = 0; b < peers; ++b) {
        if (joined[a][by] && joined[by][b]) joined[a][b] = true;
      }
    }
  }
  const Components components = components_of(graph);
  std::vector<std::uint32_t> sizes(components.sizes.size());
  for (std::uint32_t a = 0; a < peers; ++a) {
    ++sizes[components.of[a]];
    for (std::uint32_t b = 0; b < peers; ++b) {
      RC_ASSERT((components.of[a] == components.of[b]) == joined[a][b]);
    }
  }
  RC_ASSERT(sizes == components.sizes);
  RC_ASSERT(components.largest == *std::ranges::max_element(sizes));

  std::uint64_t triangles = 0;
  double local = 0;
  double paths = 0;
  for (std::uint32_t a = 0; a < peers; ++a) {
    double closed = 0;
    double pairs = 0;
    for (std::uint32_t b = 0; b < peers; ++b) {
      for (std::uint32_t c = b + 1; c < peers; ++c) {
        if (!graph.linked(a, b) || !graph.linked(a, c)) continue;
        ++pairs;
        closed += graph.linked(b, c) ? 1 : 0;
        triangles += a < b && graph.linked(b, c) ? 1U : 0U;
      }
    }
    paths += pairs;
    local += pairs > 0 ? closed / pairs : 0;
  }
  const Clustering clustering = clustering_of(graph);
  RC_ASSERT(clustering.triangles == triangles);
  RC_ASSERT(std::abs(clustering.mean_local - local / peers) < 1e-12);
  const double global = paths > 0 ? 3 * static_cast<double>(triangles) / paths : 0;
  RC_ASSERT(std::abs(clustering.global - global) < 1e-12);
}

TEST(Measures, SampledDistancesAreNearTheExactOnes) {
  const Graph graph = make("random-regular", {.peers = 3000, .degree = 6});
  const Distances exact = distances_of(graph, 3000, 1);
  const Distances sampled = distances_of(graph, 100, 1);
  EXPECT_TRUE(exact.exact);
  EXPECT_FALSE(sampled.exact);
  EXPECT_EQ(sampled.sources, 100U);
  EXPECT_NEAR(sampled.mean, exact.mean, exact.mean * 0.005);
  EXPECT_LE(sampled.longest, exact.longest);
  EXPECT_GE(sampled.longest + 1, exact.longest);
  std::uint64_t pairs = 0;
  for (const std::uint64_t count : exact.pairs) pairs += count;
  EXPECT_EQ(pairs, 3000U * 2999U);
}

// The mean distance of a random 5-regular graph of 10,000 peers is some 6.36 (reference case C28),
// its clustering all but 0; a random graph of mean degree 70 has 2.601 and 0.0070 (C29).
TEST(Measures, RandomGraphsHaveTheirPublishedDistances) {
  const Graph regular = make("random-regular", {.peers = 10'000, .degree = 5});
  EXPECT_NEAR(distances_of(regular, 200, 1).mean, 6.3587, 0.02);
  EXPECT_LT(clustering_of(regular).mean_local, 0.0015);
  const Graph dense = make("erdos-renyi", {.peers = 10'000, .degree = 70});
  EXPECT_NEAR(distances_of(dense, 200, 1).mean, 2.601, 0.01);
  EXPECT_NEAR(clustering_of(dense).mean_local, 0.0070, 0.0002);
}

}  // namespace
}  // namespace shoal::sim
