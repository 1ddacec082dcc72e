// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/generators.h"

namespace shoal::sim::topology {

/// Every peer picks so many others, all sets alike; who is picked is a neighbour too. Fenner,
/// Frieze: "On the connectivity of random m-orientable graphs and digraphs", Combinatorica 2
/// (1982).
Result<Graph> k_out(const TopologyParameters& p, Rng& rng) {
  if (p.links >= p.peers && p.links > 0) {
    return refuse("graph of " + std::to_string(p.peers) + " peers that pick " +
                      std::to_string(p.links) + " others each",
                  "there are not so many others", "take more peers, or fewer links");
  }
  const std::uint64_t links = std::uint64_t{p.peers} * p.links;
  if (const auto fits = check_links(links); !fits) return tl::unexpected(fits.error());
  std::vector<Edge> edges;
  edges.reserve(links);
  std::vector<std::uint32_t> picked_by(p.peers);  // the last peer that picked each, from 1 on
  for (std::uint32_t peer = 0; peer < p.peers; ++peer) {
    // Floyd's way: the i-th pick is among the first so many, or else the last of these. Bentley,
    // Floyd: "Programming pearls: a sample of brilliance", CACM 30 (1987).
    for (std::uint32_t last = p.peers - 1 - p.links; last < p.peers - 1; ++last) {
      const auto drawn = static_cast<std::uint32_t>(rng.below(std::uint64_t{last} + 1));
      const std::uint32_t picked = picked_by[drawn] == peer + 1 ? last : drawn;
      picked_by[picked] = peer + 1;
      // Numbers from the peer's own one on stand for the next ones.
      edges.emplace_back(peer, picked + (picked >= peer ? 1 : 0));
    }
  }
  return Graph::from_edges(p.peers, edges);
}

}  // namespace shoal::sim::topology
