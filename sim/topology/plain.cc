// SPDX-License-Identifier: Apache-2.0
// Graphs that need no more than a sentence.
#include "sim/topology/generators.h"

namespace shoal::sim::topology {

Result<Graph> ring(const TopologyParameters& p, Rng& /*rng*/) {
  if (p.peers < 3) {
    return refuse("ring of " + std::to_string(p.peers) + " peers", "a ring has at least 3",
                  "raise peers");
  }
  std::vector<Edge> edges;
  edges.reserve(p.peers);
  for (std::uint32_t peer = 0; peer < p.peers; ++peer)
    edges.emplace_back(peer, (peer + 1) % p.peers);
  return Graph::from_edges(p.peers, edges);
}

Result<Graph> loners(const TopologyParameters& p, Rng& /*rng*/) {
  return Graph::from_edges(p.peers, {});
}

Result<Graph> path(const TopologyParameters& p, Rng& /*rng*/) {
  std::vector<Edge> edges;
  edges.reserve(p.peers);
  for (std::uint32_t peer = 1; peer < p.peers; ++peer) edges.emplace_back(peer - 1, peer);
  return Graph::from_edges(p.peers, edges);
}

Result<Graph> star(const TopologyParameters& p, Rng& /*rng*/) {
  std::vector<Edge> edges;
  edges.reserve(p.peers);
  for (std::uint32_t peer = 1; peer < p.peers; ++peer) edges.emplace_back(0, peer);
  return Graph::from_edges(p.peers, edges);
}

Result<Graph> complete(const TopologyParameters& p, Rng& /*rng*/) {
  const std::uint64_t links = std::uint64_t{p.peers} * (p.peers - 1) / 2;
  if (const auto fits = check_links(links); !fits) return tl::unexpected(fits.error());
  std::vector<Edge> edges;
  edges.reserve(links);
  for (std::uint32_t one = 0; one < p.peers; ++one) {
    for (std::uint32_t other = one + 1; other < p.peers; ++other) edges.emplace_back(one, other);
  }
  return Graph::from_edges(p.peers, edges);
}

/// Petersen, 1898: 10 peers, 3 links each, no circle shorter than 5, any two at most 2 apart.
Result<Graph> petersen(const TopologyParameters& p, Rng& /*rng*/) {
  if (p.peers != 10) {
    return refuse("Petersen graph of " + std::to_string(p.peers) + " peers", "it has 10",
                  "set peers to 10");
  }
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < 5; ++i) {
    edges.emplace_back(i, (i + 1) % 5);
    edges.emplace_back(i, i + 5);
    edges.emplace_back(i + 5, (i + 2) % 5 + 5);
  }
  return Graph::from_edges(10, edges);
}

}  // namespace shoal::sim::topology
