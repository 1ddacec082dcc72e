// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "sim/topology/generators.h"

namespace shoal::sim::topology {

/// Barabasi, Albert: "Emergence of scaling in random networks", Science 286 (1999). Begins with a
/// clique of links + 1 peers; drawing from a list of all ends of links so far is drawing by degree
/// (Batagelj, Brandes 2005).
Result<Graph> barabasi_albert(const TopologyParameters& p, Rng& rng) {
  const std::string what = "Barabasi-Albert graph of " + std::to_string(p.peers) +
                           " peers where new ones make " + std::to_string(p.links) + " links";
  if (p.links == 0) return refuse(what, "they would know nobody", "set links to 1 or more");
  if (p.links >= p.peers) {
    return refuse(what, "it begins with one peer more than that",
                  "take more peers, or fewer links");
  }
  const std::uint64_t clique = p.links + 1;
  const std::uint64_t links = clique * p.links / 2 + (p.peers - clique) * p.links;
  if (const auto fits = check_links(links); !fits) return tl::unexpected(fits.error());
  std::vector<Edge> edges;
  std::vector<std::uint32_t> ends;
  edges.reserve(links);
  ends.reserve(2 * links);
  const auto link = [&](std::uint32_t one, std::uint32_t other) {
    edges.emplace_back(one, other);
    ends.push_back(one);
    ends.push_back(other);
  };
  for (std::uint32_t one = 0; one < clique; ++one) {
    for (std::uint32_t other = one + 1; other < clique; ++other) link(one, other);
  }
  std::vector<std::uint32_t> known;
  std::vector<std::uint32_t> known_to(p.peers);  // the last new peer that drew each
  for (std::uint32_t peer = p.links + 1; peer < p.peers; ++peer) {
    known.clear();
    while (known.size() < p.links) {
      const std::uint32_t other = ends[rng.below(ends.size())];
      if (std::exchange(known_to[other], peer) != peer) known.push_back(other);
    }
    for (const std::uint32_t other : known) link(peer, other);
  }
  return Graph::from_edges(p.peers, edges);
}

}  // namespace shoal::sim::topology
