// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/traits.h"

#include <algorithm>
#include <array>
#include <vector>

namespace shoal::tests {
namespace {

/// The origin sends over all its links once. Any other peer sends, for each copy it takes up, to
/// all but the sender: once under `classic`, else at most once for each TTL that leaves a hop.
std::uint64_t flood_copies(const Scenario& scenario, const Asked& asked) {
  std::vector<std::uint64_t> degree(scenario.peers);
  for (const Friends& link : scenario.links) {
    ++degree[link.first];
    ++degree[link.second];
  }
  std::uint64_t once = 0;
  for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
    if (peer != asked.origin) once += degree[peer] - 1;
  }
  const unsigned deeper = asked.ttl - 1U;
  const bool classic = asked.rule == DuplicateRule::kClassic;
  return degree[asked.origin] + once * (classic ? std::min(deeper, 1U) : deeper);
}

std::size_t flood_idle(std::size_t links) { return 600 + 16 * links; }

/// Per search an entry with its hits, and per copy that was sent or taken one of the open copies.
std::size_t flood_busy(const Scenario& scenario, std::size_t links) {
  std::size_t bytes = flood_idle(links) + 256;
  for (const Asked& asked : scenario.searches) {
    bytes += 256 + std::size_t{16} * links * asked.ttl;
  }
  return bytes;
}

constexpr std::array kTraits{
    Traits{overlay::kFlood, "flood", flood_copies, flood_busy, flood_idle, true},
};

}  // namespace

const Traits* traits_of(OverlayId id) {
  const auto* const at = std::ranges::find(kTraits, id, &Traits::id);
  return at == kTraits.end() ? nullptr : &*at;
}

}  // namespace shoal::tests
