// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/graph.h"

#include <algorithm>

#include "proto/types/assert.h"

namespace shoal::sim {

Graph Graph::from_edges(std::uint32_t peers, std::span<const Edge> edges) {
  SHOAL_ASSERT(edges.size() < std::size_t{1} << 31);
  Graph graph(peers);
  // Count, then place: offsets_[p + 1] is where p's next neighbour goes.
  for (const auto& [one, other] : edges) {
    SHOAL_ASSERT(one < peers && other < peers);
    if (one == other) {
      ++graph.loops_dropped_;
      continue;
    }
    ++graph.offsets_[one];
    ++graph.offsets_[other];
  }
  std::uint32_t placed = 0;
  for (std::uint32_t& offset : graph.offsets_) {
    const std::uint32_t degree = offset;
    offset = placed;
    placed += degree;
  }
  graph.ends_.resize(placed);
  for (const auto& [one, other] : edges) {
    if (one == other) continue;
    graph.ends_[graph.offsets_[one]++] = other;
    graph.ends_[graph.offsets_[other]++] = one;
  }
  // Every offset now stands at its list's end; take doubles out on the way back to the front.
  std::uint32_t begin = 0;
  std::uint32_t kept = 0;
  for (std::uint32_t peer = 0; peer < peers; ++peer) {
    const std::uint32_t end = graph.offsets_[peer];
    graph.offsets_[peer] = kept;
    std::sort(graph.ends_.begin() + begin, graph.ends_.begin() + end);
    for (std::uint32_t i = begin; i < end; ++i) {
      if (kept > graph.offsets_[peer] && graph.ends_[kept - 1] == graph.ends_[i]) continue;
      graph.ends_[kept++] = graph.ends_[i];
    }
    begin = end;
  }
  graph.offsets_[peers] = kept;
  graph.doubles_dropped_ = (placed - kept) / 2;
  graph.ends_.resize(kept);
  if (kept < placed) graph.ends_.shrink_to_fit();
  return graph;
}

bool Graph::linked(std::uint32_t one, std::uint32_t other) const {
  const auto known = neighbours(one);
  return std::binary_search(known.begin(), known.end(), other);
}

}  // namespace shoal::sim
