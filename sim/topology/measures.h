// SPDX-License-Identifier: Apache-2.0
// What `graph` prints of a topology. Numbers for people: doubles, never drawn from.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/topology/graph.h"

namespace shoal::sim {

struct Degrees {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  double mean = 0;
  std::vector<std::uint32_t> peers;  ///< by degree, from 0 to `most`
};
Degrees degrees_of(const Graph& graph);

struct Components {
  std::vector<std::uint32_t> of;     ///< the component of each peer; numbered by their first peers
  std::vector<std::uint32_t> sizes;  ///< of each component
  std::uint32_t largest = 0;         ///< its size
};
Components components_of(const Graph& graph);

struct Clustering {
  std::uint64_t triangles = 0;
  /// The mean over all peers of the share of pairs of neighbours that know each other; 0 for a peer
  /// with fewer than two. Watts, Strogatz 1998.
  double mean_local = 0;
  /// Three times the triangles per path of two links: transitivity.
  double global = 0;
};
/// Cost: at most proportional to links^1.5.
Clustering clustering_of(const Graph& graph);

struct Distances {
  bool exact = false;         ///< from every peer, not from some
  std::uint32_t sources = 0;  ///< peers from which it was measured
  double mean = 0;            ///< hops, over all pairs with a path
  std::uint32_t longest = 0;  ///< the diameter (of the largest part) if exact, else a lower bound
  std::vector<std::uint64_t> pairs;  ///< by hops, from the sources to others; pairs[0] is 0
};
/// From every peer if there are at most so many, else from that many different random ones.
/// Cost: proportional to sources * links.
Distances distances_of(const Graph& graph, std::uint32_t sources_max, std::uint64_t seed);

}  // namespace shoal::sim
