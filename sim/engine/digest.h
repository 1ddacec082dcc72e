// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/time.h"
#include "sim/draw/wide.h"

namespace shoal::sim {

/// Mixes two words into one: both halves of their product.
inline std::uint64_t fold(std::uint64_t one, std::uint64_t other) {
  return high_product(one, other) ^ (one * other);
}

/// `state` and what an echo counted.
std::uint64_t fold_counts(std::uint64_t state, const Counts& counts);

/// `state` and what an overlay wrote.
std::uint64_t fold_opaque(std::uint64_t state, const OpaqueBody& body);

/// A hash of one delivery: who, what, when, and what was made of it. Summed, so that a run's digest
/// does not depend on the order in which threads come to their events. Not for secrets.
inline std::uint64_t digest_of(Instant at, PeerRef from, PeerRef to, const Message& message,
                               Verdict verdict) {
  const auto now = static_cast<std::uint64_t>(at.time_since_epoch().count());
  const auto header = std::uint64_t{message.budget_ms} << 32 |
                      std::uint64_t{static_cast<std::uint8_t>(message.kind)} << 24 |
                      std::uint64_t{message.overlay.value} << 16 | std::uint64_t{message.ttl} << 8 |
                      message.hops;
  const std::uint64_t way = std::uint64_t{from.value} << 32 | to.value;
  const auto judged = static_cast<std::uint64_t>(verdict) << 60;
  const std::uint64_t event =
      fold(now ^ judged ^ 0xa076'1d64'78bd'642fULL, way ^ 0xe703'7ed1'a0b4'28dbULL);
  const std::uint64_t query = fold(message.query.high ^ 0x8ebc'6af0'9c88'c6e3ULL,
                                   message.query.low ^ 0x5899'65cc'7537'4cc3ULL);
  const std::uint64_t state =
      fold(event ^ header ^ 0x1d8e'4e27'c47d'124fULL, query ^ 0xeb44'acca'b455'd165ULL);
  if (const auto* const echo = message.body.as<EchoBody>()) return fold_counts(state, echo->counts);
  const auto* const own = message.body.as<OpaqueBody>();
  return own == nullptr ? state : fold_opaque(state, *own);
}

}  // namespace shoal::sim
