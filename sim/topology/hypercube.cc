// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "sim/topology/generators.h"

namespace shoal::sim::topology {

// Peers are neighbours whose numbers differ in one bit.
Result<Graph> hypercube(const TopologyParameters& p, Rng& /*rng*/) {
  if (!std::has_single_bit(p.peers)) {
    return refuse("hypercube of " + std::to_string(p.peers) + " peers",
                  "a hypercube has 1, 2, 4, 8, ... peers",
                  "take " + std::to_string(std::bit_floor(std::max(p.peers, 1U))) + " peers");
  }
  std::vector<Edge> edges;
  for (std::uint32_t peer = 0; peer < p.peers; ++peer) {
    for (std::uint32_t bit = 1; bit < p.peers; bit <<= 1) {
      if ((peer & bit) == 0) edges.emplace_back(peer, peer | bit);
    }
  }
  return Graph::from_edges(p.peers, edges);
}

}  // namespace shoal::sim::topology
