// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::sim {

/// What the families of graphs are made from. A family takes some of these and ignores the others;
/// families.h says which, and what each one means.
struct TopologyParameters {
  std::uint32_t peers = 10'000;
  std::uint32_t degree = 8;
  std::uint32_t links = 4;
  std::uint32_t branching = 2;
  std::uint32_t width = 0;
  double rewire = 0.1;
  double probability = 0;
  double exponent = 2.5;
  std::uint32_t degree_min = 2;
  std::uint32_t degree_max = 0;
  friend bool operator==(const TopologyParameters&, const TopologyParameters&) = default;
};

}  // namespace shoal::sim
