// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/content.h"

#include "proto/types/rng.h"

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

}  // namespace shoal::sim
