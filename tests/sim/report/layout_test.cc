// SPDX-License-Identifier: Apache-2.0
#include "sim/report/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace shoal::sim {
namespace {

double distance(const Place& one, const Place& other) {
  return std::hypot(one.x - other.x, one.y - other.y);
}

Graph ring(std::uint32_t peers) {
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < peers; ++i) edges.emplace_back(i, (i + 1) % peers);
  return Graph::from_edges(peers, edges);
}

TEST(Layout, DrawsARingRound) {
  for (const std::uint32_t peers : {24U, 300U}) {
    const auto places = layout(ring(peers));
    const Place middle{kLayoutSide / 2, kLayoutSide / 2};
    for (const Place& place : places) EXPECT_NEAR(distance(place, middle), kLayoutSide / 2.0, 400);
    const double step = kLayoutSide * std::sin(3.14159 / peers);
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_NEAR(distance(places[i], places[(i + 1) % places.size()]), step, 0.2 * step + 2);
    }
  }
}

TEST(Layout, KeepsDistancesOfAGrid) {
  constexpr std::uint32_t kSide = 7;
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < kSide * kSide; ++i) {
    if (i % kSide + 1 < kSide) edges.emplace_back(i, i + 1);
    if (i + kSide < kSide * kSide) edges.emplace_back(i, i + kSide);
  }
  const auto places = layout(Graph::from_edges(kSide * kSide, edges));
  double longest = 0;
  double nearest = 1e9;
  for (const auto& [one, other] : edges) {
    longest = std::max(longest, distance(places[one], places[other]));
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) nearest = std::min(nearest, distance(places[i], places[j]));
  }
  EXPECT_LT(longest, 2 * nearest);  // no fold, no knot
}

TEST(Layout, KeepsPeersApartAndOnThePaper) {
  std::vector<Edge> star;  // beside a pair and two that are alone
  for (std::uint32_t i = 1; i < 30; ++i) star.emplace_back(0, i);
  star.emplace_back(30, 31);
  const Graph graph = Graph::from_edges(34, star);
  const auto places = layout(graph);
  ASSERT_EQ(places.size(), 34U);
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_GE(std::min(places[i].x, places[i].y), 0);
    EXPECT_LE(std::max(places[i].x, places[i].y), kLayoutSide);
    for (std::size_t j = 0; j < i; ++j) EXPECT_GT(distance(places[i], places[j]), 100) << i << j;
  }
  EXPECT_EQ(layout(graph), places);
  EXPECT_EQ(layout(Graph(1)), std::vector<Place>(1));
}

}  // namespace
}  // namespace shoal::sim
