// SPDX-License-Identifier: Apache-2.0
#include "sim/draw/fixed.h"
#include "sim/topology/generators.h"

namespace shoal::sim::topology {
namespace {

struct Sides {
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
};

Result<Sides> sides_of(const std::string& what, const TopologyParameters& p) {
  const std::string peers = std::to_string(p.peers);
  Sides sides;
  sides.columns = p.width;
  if (p.width == 0) {
    sides.columns = static_cast<std::uint32_t>(whole_square_root(p.peers));
    if (sides.columns * sides.columns != p.peers) {
      return refuse("square " + what + " of " + peers + " peers", peers + " is no square",
                    "set width to a number that divides it, or take " +
                        std::to_string(sides.columns * sides.columns) + " peers");
    }
  }
  if (p.peers % sides.columns != 0) {
    return refuse(what + " of " + peers + " peers",
                  peers + " cannot be parted into rows of " + std::to_string(sides.columns),
                  "take a number of peers that is a multiple of width");
  }
  sides.rows = p.peers / sides.columns;
  return sides;
}

// Peer number = row * columns + column.
Graph lattice(const Sides& sides, bool wrapped) {
  const std::uint32_t peers = sides.rows * sides.columns;
  std::vector<Edge> edges;
  edges.reserve(std::size_t{2} * peers);
  for (std::uint32_t row = 0; row < sides.rows; ++row) {
    for (std::uint32_t column = 0; column < sides.columns; ++column) {
      const std::uint32_t here = row * sides.columns + column;
      if (column + 1 < sides.columns) {
        edges.emplace_back(here, here + 1);
      } else if (wrapped) {
        edges.emplace_back(here, here - column);
      }
      if (row + 1 < sides.rows) {
        edges.emplace_back(here, here + sides.columns);
      } else if (wrapped) {
        edges.emplace_back(here, column);
      }
    }
  }
  return Graph::from_edges(peers, edges);
}

}  // namespace

Result<Graph> grid(const TopologyParameters& p, Rng& /*rng*/) {
  return sides_of("grid", p).map([](const Sides& sides) { return lattice(sides, false); });
}

Result<Graph> torus(const TopologyParameters& p, Rng& /*rng*/) {
  const auto sides = sides_of("torus", p);
  if (!sides) return tl::unexpected(sides.error());
  if (sides->rows < 3 || sides->columns < 3) {
    return refuse("torus of " + std::to_string(sides->rows) + " by " +
                      std::to_string(sides->columns) + " peers",
                  "both sides are rings, and a ring has at least 3",
                  "raise peers, or change width");
  }
  return lattice(*sides, true);
}

}  // namespace shoal::sim::topology
