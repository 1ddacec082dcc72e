// SPDX-License-Identifier: Apache-2.0
// What an overlay states of itself, to be held to it by the contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/support/scenario.h"

namespace shoal::tests {

struct Traits {
  OverlayId id;
  std::string_view name;
  /// Query copies that the search may send at most, over all links.
  std::uint64_t (*copies_max)(const Scenario& scenario, const Asked& asked);
  /// Node::bytes() of a peer with so many links while the scenario's searches are open, and when
  /// all of them are over and forgotten.
  std::size_t (*busy_bytes)(const Scenario& scenario, std::size_t links);
  std::size_t (*idle_bytes)(std::size_t links);
  bool counts_echoes;  ///< its reports can be complete
};

/// Null when that overlay has stated nothing: then it fails the contract.
const Traits* traits_of(OverlayId id);

}  // namespace shoal::tests
