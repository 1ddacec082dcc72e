// SPDX-License-Identifier: Apache-2.0
#include "sim/peer.h"

#include <algorithm>

namespace shoal::sim {

bool Peer::fire(overlay::TimerSlot slot, Instant at) {
  const auto armed = std::ranges::find_if(
      timers, [&](const auto& timer) { return timer.first == slot && timer.second <= at; });
  if (armed == timers.end()) return false;
  timers.erase(armed);
  return true;
}

void Peer::arm(overlay::TimerSlot slot, Instant at) {
  std::erase_if(timers, [slot](const auto& timer) { return timer.first == slot; });
  timers.emplace_back(slot, at);
}

}  // namespace shoal::sim
