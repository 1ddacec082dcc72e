// SPDX-License-Identifier: Apache-2.0
#include "proto/types/assert.h"
#include "sim/topology/generators.h"
#include "sim/topology/stubs.h"

namespace shoal::sim::topology {
namespace {

// Few of very many pairings cannot be repaired, in graphs of a handful of peers; those are drawn
// anew.
constexpr int kPairings = 1000;

std::vector<Edge> draw(std::uint32_t peers, std::uint32_t degree, Rng& rng) {
  const std::vector<std::uint32_t> degrees(peers, degree);
  for (int i = 0; i < kPairings; ++i) {
    Paired paired = pair_stubs(degrees, rng);
    if (paired.not_simple == 0) return std::move(paired.edges);
  }
  SHOAL_ASSERT(false);
  return {};
}

// All links that `graph` does not have.
Graph complement(const Graph& graph) {
  std::vector<Edge> edges;
  for (std::uint32_t one = 0; one < graph.size(); ++one) {
    auto next = graph.neighbours(one).begin();
    const auto end = graph.neighbours(one).end();
    for (std::uint32_t other = 0; other < graph.size(); ++other) {
      if (next != end && *next == other) {
        ++next;
      } else if (one < other) {
        edges.emplace_back(one, other);
      }
    }
  }
  return Graph::from_edges(graph.size(), edges);
}

}  // namespace

Result<Graph> random_regular(const TopologyParameters& p, Rng& rng) {
  const std::string what = "random graph of " + std::to_string(p.peers) + " peers with " +
                           std::to_string(p.degree) + " links each";
  if (p.degree >= p.peers && p.degree > 0) {
    return refuse(what, "a peer has links to others only", "take more peers, or a smaller degree");
  }
  const std::uint64_t ends = std::uint64_t{p.peers} * p.degree;
  if (ends % 2 != 0) {
    return refuse(what, "every link has two ends, and " + std::to_string(ends) + " is odd",
                  "make peers or degree even");
  }
  if (const auto fits = check_links(ends / 2); !fits) return tl::unexpected(fits.error());
  // A dense graph by the links that it lacks: switches find room there.
  const std::uint32_t lacking = p.peers == 0 ? 0 : p.peers - 1 - p.degree;
  if (lacking < p.degree) {
    return complement(Graph::from_edges(p.peers, draw(p.peers, lacking, rng)));
  }
  return Graph::from_edges(p.peers, draw(p.peers, p.degree, rng));
}

}  // namespace shoal::sim::topology
