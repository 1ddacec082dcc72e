// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/traits.h"

#include <algorithm>
#include <array>
#include <vector>

#include "overlay/core/registry.h"
#include "overlay/ring/ring.h"

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

/// As flood, but the origin sends once for each ring. Inner peers pass on what has more hops left
/// than any before, whatever ring it belongs to.
std::uint64_t ring_copies(const Scenario& scenario, const Asked& asked) {
  Asked once = asked;
  once.ttl = 1;
  const std::uint64_t own = flood_copies(scenario, once);
  return flood_copies(scenario, asked) + own * (asked.ttl - 1U);
}

/// A flood for each ring.
std::uint64_t restart_copies(const Scenario& scenario, const Asked& asked) {
  std::uint64_t sum = 0;
  Asked ring = asked;
  for (ring.ttl = 1; ring.ttl <= asked.ttl; ++ring.ttl) sum += flood_copies(scenario, ring);
  return sum;
}

std::size_t ring_idle(std::size_t links) { return flood_idle(links) + 32; }

/// And what a search knows of its floods.
std::size_t ring_busy(const Scenario& scenario, std::size_t links) {
  return flood_busy(scenario, links) + scenario.searches.size() * (400 + 24 * links);
}

/// And each ring is a query of its own to remember.
std::size_t restart_busy(const Scenario& scenario, std::size_t links) {
  std::size_t bytes = ring_busy(scenario, links);
  for (const Asked& asked : scenario.searches) bytes += 64 + std::size_t{64} * asked.ttl;
  return bytes;
}

void only_deepest(Scenario& scenario) {
  for (Asked& asked : scenario.searches) asked.rule = DuplicateRule::kDeepest;
}

void restart(Scenario& scenario) {
  overlay::Parameters& chosen = scenario.parameters.emplace(
      overlay::fallbacks(overlay::find_in(overlay::registry(), overlay::kRing)->parameters));
  chosen[overlay::kRingRestart] = 1;
}

std::uint8_t one(const Asked&) { return 1; }

constexpr std::array kTraits{
    Traits{overlay::kFlood, "flood", flood_copies, flood_busy, flood_idle, true},
    Traits{overlay::kRing, "ring", ring_copies, ring_busy, ring_idle, true, only_deepest, one},
    Traits{overlay::kRing, "ringThatRestarts", restart_copies, restart_busy, ring_idle, true,
           restart, one},
};

}  // namespace

std::span<const Traits> all_traits() { return kTraits; }

const Traits* traits_of(std::string_view name) {
  const auto* const at = std::ranges::find(kTraits, name, &Traits::name);
  return at == kTraits.end() ? nullptr : &*at;
}

const Traits* traits_of(OverlayId id) {
  const auto* const at = std::ranges::find(kTraits, id, &Traits::id);
  return at == kTraits.end() ? nullptr : &*at;
}

}  // namespace shoal::tests
