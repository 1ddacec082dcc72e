// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/contract/judge.h"

namespace shoal::sim {

/// Hops from `origin` to each of so many peers of `net` (a World, an Engine) over the links over
/// which peers would ask now; kFarAway where there is no way.
template <class Net>
std::vector<unsigned> hops_over_links(const Net& net, std::uint32_t peers, std::uint32_t origin) {
  std::vector<unsigned> far(peers, kFarAway);
  std::vector<std::uint32_t> queue{origin};
  far[origin] = 0;
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const std::uint32_t peer = queue[at];
    if (!net.alive(PeerRef{peer})) continue;
    for (const overlay::Link& link : net.node(PeerRef{peer}).links().all()) {
      if (!link.active() || far[link.peer.value] != kFarAway) continue;
      far[link.peer.value] = far[peer] + 1;
      queue.push_back(link.peer.value);
    }
  }
  return far;
}

}  // namespace shoal::sim
