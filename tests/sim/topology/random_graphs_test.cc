// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/topology/families.h"

namespace shoal::sim {
namespace {

Graph make(std::string_view family, const TopologyParameters& parameters, std::uint64_t seed = 1) {
  return make_graph(family, parameters, seed).value();
}

std::vector<double> degree_counts(const Graph& graph) {
  std::vector<double> counts(graph.size());
  for (std::uint32_t peer = 0; peer < graph.size(); ++peer) ++counts[graph.degree(peer)];
  return counts;
}

int triangles_of(const Graph& graph) {
  int found = 0;
  for (std::uint32_t a = 0; a < graph.size(); ++a) {
    for (const std::uint32_t b : graph.neighbours(a)) {
      if (b < a) continue;
      for (const std::uint32_t c : graph.neighbours(b))
        found += c > b && graph.linked(a, c) ? 1 : 0;
    }
  }
  return found;
}

// Every possible pair of a size and a degree, up to the complete graph.
TEST(RandomRegular, EveryPeerHasItsDegree) {
  for (std::uint32_t peers = 1; peers <= 24; ++peers) {
    for (std::uint32_t degree = 0; degree < peers; ++degree) {
      if (peers * degree % 2 != 0) continue;
      for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const Graph graph = make("random-regular", {.peers = peers, .degree = degree}, seed);
        for (std::uint32_t peer = 0; peer < peers; ++peer) {
          ASSERT_EQ(graph.degree(peer), degree) << peers << " peers, seed " << seed;
        }
        ASSERT_EQ(graph.loops_dropped() + graph.doubles_dropped(), 0U);
      }
    }
  }
}

// Of the 3,507 graphs of 8 peers with 2 links each, 2,520 are one circle, 672 are 5 + 3 and 315 are
// 4 + 4. Repairs alone would make 80 % circles.
TEST(RandomRegular, KindsOfSmallGraphsHaveTheirShares) {
  constexpr int kGraphs = 20'000;
  int circles = 0;
  int fours = 0;
  for (int seed = 0; seed < kGraphs; ++seed) {
    const Graph graph =
        make("random-regular", {.peers = 8, .degree = 2}, static_cast<unsigned>(seed));
    std::uint32_t length = 1;  // of the circle through peer 0
    for (std::uint32_t before = 0, at = graph.neighbours(0)[0]; at != 0; ++length) {
      const auto next = graph.neighbours(at);
      before = std::exchange(at, next[0] == before ? next[1] : next[0]);
    }
    circles += length == 8 ? 1 : 0;
    fours += length == 4 ? 1 : 0;
  }
  EXPECT_NEAR(circles / double{kGraphs}, 2520.0 / 3507, 4 * 0.0032);
  EXPECT_NEAR(fours / double{kGraphs}, 315.0 / 3507, 4 * 0.0020);
}

// The number of triangles is a Poisson law of mean (d - 1)^3 / 6 in the limit (Bollobas 1980).
TEST(RandomRegular, TrianglesAreAsManyAsTheoryHasThem) {
  for (const std::uint32_t degree : {4U, 8U}) {
    const double mean = std::pow(degree - 1, 3) / 6;
    constexpr int kGraphs = 200;
    int triangles = 0;
    for (int seed = 0; seed < kGraphs; ++seed) {
      triangles += triangles_of(
          make("random-regular", {.peers = 2000, .degree = degree}, static_cast<unsigned>(seed)));
    }
    EXPECT_NEAR(triangles / double{kGraphs}, mean, 4 * std::sqrt(mean / kGraphs) + mean * 0.005);
  }
}

TEST(ErdosRenyi, DegreesAreBinomial) {
  constexpr std::uint32_t kPeers = 20'000;
  const Graph graph = make("erdos-renyi", {.peers = kPeers, .degree = 6});
  const double pairs = kPeers * (kPeers - 1.0) / 2;
  const double p = 6 / (kPeers - 1.0);
  EXPECT_NEAR(static_cast<double>(graph.edges()), pairs * p, 4 * std::sqrt(pairs * p * (1 - p)));
  const auto counts = degree_counts(graph);
  double share = std::pow(1 - p, kPeers - 1);
  for (std::uint32_t degree = 0; degree < 15; ++degree) {
    EXPECT_NEAR(counts[degree], kPeers * share, 4 * std::sqrt(kPeers * share) + 1) << degree;
    share *= (kPeers - 1.0 - degree) / (degree + 1.0) * p / (1 - p);
  }
}

TEST(ErdosRenyi, EveryPairIsAsLikelyAsAnyOther) {
  constexpr int kGraphs = 4000;
  std::vector<int> seen(6 * 6);
  for (int seed = 0; seed < kGraphs; ++seed) {
    const Graph graph =
        make("erdos-renyi", {.peers = 6, .probability = 0.4}, static_cast<unsigned>(seed));
    for (std::uint32_t one = 0; one < 6; ++one) {
      for (const std::uint32_t other : graph.neighbours(one)) ++seen[one * 6 + other];
    }
  }
  for (std::uint32_t one = 0; one < 6; ++one) {
    for (std::uint32_t other = one + 1; other < 6; ++other) {
      EXPECT_NEAR(seen[one * 6 + other], kGraphs * 0.4, 4 * std::sqrt(kGraphs * 0.24));
    }
  }
  EXPECT_EQ(make("erdos-renyi", {.peers = 6, .probability = 1}).edges(), 15U);
  EXPECT_EQ(make("erdos-renyi", {.peers = 6, .degree = 0}).edges(), 0U);
  EXPECT_EQ(make("erdos-renyi", {.peers = 6, .probability = 1e-300}).edges(), 0U);
}

TEST(WattsStrogatz, RewiresTheShareThatIsAskedFor) {
  constexpr std::uint32_t kPeers = 10'000;
  for (const double rewire : {0.0, 0.1, 1.0}) {
    const Graph graph = make("watts-strogatz", {.peers = kPeers, .degree = 6, .rewire = rewire});
    EXPECT_EQ(graph.edges(), kPeers * 3U);
    int kept = 0;
    for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
      for (std::uint32_t next = 1; next <= 3; ++next) {
        kept += graph.linked(peer, (peer + next) % kPeers) ? 1 : 0;
      }
    }
    const double links = kPeers * 3;
    EXPECT_NEAR(kept, links * (1 - rewire), 4 * std::sqrt(links * rewire * (1 - rewire)) + 15);
  }
}

// As the paper has it: half of each peer's links stay its own.
TEST(WattsStrogatz, NobodyHasFewerThanHalfOfTheLinks) {
  const Graph graph = make("watts-strogatz", {.peers = 1000, .degree = 8, .rewire = 1});
  for (std::uint32_t peer = 0; peer < 1000; ++peer) EXPECT_GE(graph.degree(peer), 4U);
}

// P(degree) = 2 m (m + 1) / (d (d + 1) (d + 2)), exact in the limit: Bollobas, Riordan, Spencer,
// Tusnady: "The degree sequence of a scale-free random graph process", 2001. 5 % beside chance.
TEST(BarabasiAlbert, DegreesFollowThePowerLaw) {
  constexpr std::uint32_t kPeers = 50'000;
  const Graph graph = make("barabasi-albert", {.peers = kPeers, .links = 3});
  EXPECT_EQ(graph.edges(), 6U + (kPeers - 4) * 3);
  const auto counts = degree_counts(graph);
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 0);
  for (const std::uint32_t degree : {3U, 4U, 5U, 8U, 12U}) {
    const double share = 24.0 / (degree * (degree + 1.0) * (degree + 2.0));
    EXPECT_NEAR(counts[degree], kPeers * share,
                kPeers * share * 0.05 + 4 * std::sqrt(kPeers * share));
  }
  EXPECT_GT(std::ranges::max_element(counts) - counts.begin(), 2);
  EXPECT_EQ(make("barabasi-albert", {.peers = 5, .links = 4}), make("complete", {.peers = 5}));
}

TEST(KOut, EveryPeerPicksSoManyOthers) {
  constexpr std::uint32_t kPeers = 20'000;
  const Graph graph = make("k-out", {.peers = kPeers, .links = 3});
  EXPECT_EQ(graph.edges() + graph.doubles_dropped(), 3U * kPeers);
  // Picked twice over are 9/2 pairs in the mean.
  EXPECT_LE(graph.doubles_dropped(), 4.5 + 4 * std::sqrt(4.5));
  const auto counts = degree_counts(graph);
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 0);
  double share = std::exp(-3.0);  // picked by as many others as a Poisson law has it
  for (std::uint32_t more = 0; more < 9; ++more) {
    EXPECT_NEAR(counts[3 + more], kPeers * share, 4 * std::sqrt(kPeers * share) + 10) << more;
    share *= 3.0 / (more + 1);
  }
  EXPECT_EQ(make("k-out", {.peers = 5, .links = 4}), make("complete", {.peers = 5}));
  EXPECT_EQ(make("k-out", {.peers = 5, .links = 0}).edges(), 0U);
}

TEST(Configuration, DegreesFollowThePowerLaw) {
  constexpr std::uint32_t kPeers = 50'000;
  const Graph graph =
      make("configuration", {.peers = kPeers, .exponent = 2.5, .degree_min = 2, .degree_max = 100});
  EXPECT_EQ(graph.loops_dropped() + graph.doubles_dropped(), 0U);
  const auto counts = degree_counts(graph);
  double norm = 0;
  for (int degree = 2; degree <= 100; ++degree) norm += std::pow(degree, -2.5);
  for (std::uint32_t degree = 2; degree <= 100; ++degree) {
    const double share = std::pow(degree, -2.5) / norm;
    EXPECT_NEAR(counts[degree], kPeers * share, 4.5 * std::sqrt(kPeers * share) + 2) << degree;
  }
  EXPECT_EQ(counts[0] + counts[1], 0);
}

// Degrees that no simple graph has: what cannot be linked is dropped and counted.
TEST(Configuration, WhatHasNoRoomIsDropped) {
  const Graph graph =
      make("configuration", {.peers = 6, .exponent = 0, .degree_min = 5, .degree_max = 5});
  EXPECT_EQ(graph, make("complete", {.peers = 6}));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Graph tight =
        make("configuration", {.peers = 6, .exponent = 1, .degree_min = 1, .degree_max = 5}, seed);
    EXPECT_LE(tight.edges(), 15U);
  }
}

}  // namespace
}  // namespace shoal::sim
