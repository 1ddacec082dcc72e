// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/digest.h"

#include "proto/types/rng.h"

namespace shoal::sim {
namespace {

std::uint64_t stir(std::uint64_t state, std::uint64_t word) { return Rng(state ^ word).next(); }

}  // namespace

std::uint64_t digest_of(Instant at, PeerRef from, PeerRef to, const Message& message,
                        Verdict verdict) {
  std::uint64_t state = stir(0, static_cast<std::uint64_t>(at.time_since_epoch().count()));
  state = stir(state, std::uint64_t{from.value} << 32 | to.value);
  state = stir(state, message.query.high);
  state = stir(state, message.query.low);
  state = stir(state, std::uint64_t{message.budget_ms} << 32 |
                          std::uint64_t{static_cast<std::uint8_t>(message.kind)} << 24 |
                          std::uint64_t{message.overlay.value} << 16 |
                          std::uint64_t{message.ttl} << 8 | message.hops);
  state = stir(state, static_cast<std::uint64_t>(verdict));
  if (const auto* const echo = message.body.as<EchoBody>()) {
    for (const std::int32_t peers : echo->counts.peers_by_hop) {
      state = stir(state, static_cast<std::uint64_t>(std::int64_t{peers}));
    }
    state = stir(state, std::uint64_t{echo->counts.copies} << 32 | echo->counts.duplicates);
  }
  return state;
}

}  // namespace shoal::sim
