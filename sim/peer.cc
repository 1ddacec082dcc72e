// SPDX-License-Identifier: Apache-2.0
#include "sim/peer.h"

#include <algorithm>

namespace shoal::sim {

PeerId simulated_id(PeerRef peer) {
  Rng stream(peer.value);
  PeerId id;
  for (std::size_t at = 0; at < PeerId::kSize; at += 8) {
    const std::uint64_t word = stream.next();
    for (std::size_t byte = 0; byte < 8; ++byte) {
      id.bytes[at + byte] = static_cast<std::uint8_t>(word >> (8 * byte));
    }
  }
  return id;
}

bool Peer::fire(overlay::TimerSlot slot, Instant at) {
  const auto armed = std::ranges::find(timers, std::pair{slot, at});
  if (armed == timers.end()) return false;
  timers.erase(armed);
  return true;
}

void Peer::arm(overlay::TimerSlot slot, Instant at) {
  std::erase_if(timers, [slot](const auto& timer) { return timer.first == slot; });
  timers.emplace_back(slot, at);
}

}  // namespace shoal::sim
