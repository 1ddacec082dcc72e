// SPDX-License-Identifier: Apache-2.0
// What an overlay states of itself, to be held to it by the contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tests/support/scenario.h"

namespace shoal::tests {

struct Traits {
  OverlayId id;
  std::string_view name;  ///< the overlay's, or that and a manner of it
  /// Query copies that the search may send at most, over all links.
  std::uint64_t (*copies_max)(const Scenario& scenario, const Asked& asked);
  /// Node::bytes() of a peer with so many links while the scenario's searches are open, and when
  /// all of them are over and forgotten.
  std::size_t (*busy_bytes)(const Scenario& scenario, std::size_t links);
  std::size_t (*idle_bytes)(std::size_t links);
  bool counts_echoes;  ///< its reports can be complete
  /// Makes of a drawn scenario one of this manner. Null: as it is.
  void (*adapt)(Scenario& scenario) = nullptr;
  /// Hops of the copies that a search sends when it starts. Null: its TTL.
  std::uint8_t (*first_ttl)(const Asked& asked) = nullptr;
};

/// One row or more for each overlay.
std::span<const Traits> all_traits();
/// The first row of that overlay. Null when it has stated nothing: then it fails the contract.
const Traits* traits_of(OverlayId id);
/// Null when there is none.
const Traits* traits_of(std::string_view name);

}  // namespace shoal::tests
