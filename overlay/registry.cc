// SPDX-License-Identifier: Apache-2.0
// One row per overlay, and the header of its folder; see overlay/core/registry.h. The build takes
// the folders from the includes.
#include "overlay/core/registry.h"

#include <array>

#include "overlay/dynamic/dynamic.h"
#include "overlay/flood/flood.h"
#include "overlay/gossip/gossip.h"
#include "overlay/index/index.h"
#include "overlay/kademlia/kademlia.h"
#include "overlay/ring/ring.h"
#include "overlay/walk/walk.h"

namespace shoal::overlay {

std::span<const OverlayEntry> registry() {
  static constexpr std::array kOverlays{
      OverlayEntry{kFlood, "flood", "asks every peer within TTL hops", make_flood},
      OverlayEntry{kRing, "ring", "floods of growing TTL, until one finds something", make_ring,
                   kRingParameters},
      OverlayEntry{kWalk, "walk", "sends walkers out, each to one neighbour after another",
                   make_walk, kWalkParameters, false, walker_in, true},
      OverlayEntry{kDynamic, "dynamic", "a probe, then neighbour by neighbour, as far as needed",
                   make_dynamic, kDynamicParameters},
      OverlayEntry{kIndex, "index", "a flood whose last hop goes only where it can match",
                   make_index},
      OverlayEntry{kKademlia, "kademlia", "asks the holders whom peers near a word or content know",
                   make_kademlia, kKademliaParameters, true, nullptr, true},
      OverlayEntry{kGossip, "gossip", "tells some neighbours, who tell some of theirs", make_gossip,
                   kGossipParameters},
  };
  return kOverlays;
}

}  // namespace shoal::overlay
