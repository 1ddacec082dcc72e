// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sim/topology/graph.h"

namespace shoal::sim {

/// Where a peer is drawn, in [0, kLayoutSide] both ways.
struct Place {
  std::int32_t x = 0;
  std::int32_t y = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
inline constexpr std::int32_t kLayoutSide = 10'000;

/// Places such that distances on paper are like those along links: classical scaling of all
/// distances (Torgerson 1952) as a beginning, then stress majorization (Gansner, Koren, North,
/// "Graph Drawing by Stress Majorization", 2004); components apart, side by side. The greater
/// extent fills the side; equal graphs give equal places. Cost: O(n^2) per round; for hundreds of
/// peers.
std::vector<Place> layout(const Graph& graph);

}  // namespace shoal::sim
