// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/generators.h"

namespace shoal::sim::topology {

// Filled level by level from the root, 0, so that only the last level may be short.
Result<Graph> tree(const TopologyParameters& p, Rng& /*rng*/) {
  if (p.branching == 0) {
    return refuse("tree", "its peers would have no children", "set branching to 1 or more");
  }
  std::vector<Edge> edges;
  edges.reserve(p.peers);
  for (std::uint32_t peer = 1; peer < p.peers; ++peer) {
    edges.emplace_back((peer - 1) / p.branching, peer);
  }
  return Graph::from_edges(p.peers, edges);
}

}  // namespace shoal::sim::topology
