// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/joining.h"

namespace shoal::sim {

void join_one_by_one(Engine& engine, Duration pause, Rng rng) {
  for (std::uint32_t peer = 1; peer < engine.size(); ++peer) {
    const PeerRef contact{static_cast<std::uint32_t>(rng.below(peer))};
    engine.at(engine.now() + (peer - 1) * pause, [&engine, peer, contact] {
      if (engine.alive(PeerRef{peer})) engine.introduce(PeerRef{peer}, contact);
    });
  }
}

}  // namespace shoal::sim
