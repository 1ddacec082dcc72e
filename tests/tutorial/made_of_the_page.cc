// SPDX-License-Identifier: Apache-2.0
// The registry of the test of the tutorial: the overlay that its page builds, and no other.
#include <array>

#include "overlay/core/registry.h"
#include "overlay/gossip/gossip.h"

namespace shoal::overlay {

std::span<const OverlayEntry> registry() {
  static constexpr std::array kOverlays{
      OverlayEntry{kGossip, "gossip", "as the tutorial has it", make_gossip, kGossipParameters}};
  return kOverlays;
}

}  // namespace shoal::overlay
