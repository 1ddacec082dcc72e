// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace shoal::overlay {

/// No horizon is wider: more peers than there can be.
inline constexpr std::uint64_t kHorizonMax = std::uint64_t{1} << 40;

/// Peers that a query of `ttl` hops reaches over one link if each peer has `degree` neighbours and
/// no two ways meet: the sum of (degree - 1)^i for i from 0 to ttl - 1 (Fisk, "Gnutella Dynamic
/// Query Protocol v0.1", 2003). At most kHorizonMax.
constexpr std::uint64_t hosts(std::uint64_t degree, unsigned ttl) {
  const std::uint64_t wider = degree > 1 ? degree - 1 : 1;
  std::uint64_t sum = 0;
  std::uint64_t hop = 1;
  for (unsigned i = 0; i < ttl && sum < kHorizonMax; ++i) {
    sum += hop;
    hop = hop > kHorizonMax / wider ? kHorizonMax : hop * wider;
  }
  return std::min(sum, kHorizonMax);
}

/// The fewest hops by which so many peers are reached over one link, but at most `most`.
constexpr unsigned hops_for(std::uint64_t peers, std::uint64_t degree, unsigned most) {
  unsigned ttl = 1;
  while (ttl < most && hosts(degree, ttl) < peers) ++ttl;
  return ttl;
}

}  // namespace shoal::overlay
