// SPDX-License-Identifier: Apache-2.0
// The registry of the builds of flood with its faults: only what is made of flood is linked there.
#include <array>

#include "overlay/core/registry.h"
#include "overlay/dynamic/dynamic.h"
#include "overlay/flood/flood.h"
#include "overlay/index/index.h"
#include "overlay/ring/ring.h"

namespace shoal::overlay {

std::span<const OverlayEntry> registry() {
  static constexpr std::array kOverlays{
      OverlayEntry{kFlood, "flood", "asks every peer within TTL hops", make_flood},
      OverlayEntry{kRing, "ring", "floods of growing TTL, until one finds something", make_ring,
                   kRingParameters},
      OverlayEntry{kDynamic, "dynamic", "a probe, then neighbour by neighbour, as far as needed",
                   make_dynamic, kDynamicParameters},
      OverlayEntry{kIndex, "index", "a flood whose last hop goes only where it can match",
                   make_index},
  };
  return kOverlays;
}

}  // namespace shoal::overlay
