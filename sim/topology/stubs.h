// SPDX-License-Identifier: Apache-2.0
// Internal to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "proto/types/rng.h"
#include "sim/topology/graph.h"

namespace shoal::sim::topology {

/// Links drawn at random so that each peer has its degree.
struct Paired {
  std::vector<Edge> edges;
  /// Loops and repeated links among `edges` that could not be repaired: none, but for degrees that
  /// hardly a simple graph has.
  std::uint64_t not_simple = 0;
};

/// The pairing model: every peer has as many stubs as its degree, and the stubs are joined in a
/// random order. Bollobas: "A probabilistic proof of an asymptotic formula for the number of
/// labelled regular graphs", European J. Combinatorics 1 (1980).
///
/// Pairings with loops and repeated links are not thrown away (there would hardly be one without,
/// at degree 8) but repaired by switches: a bad link u-v and a random link x-y become u-x and v-y,
/// if both are new. McKay, Wormald: "Uniform generation of random regular graphs of moderate
/// degree", J. Algorithms 11 (1990), who show that few switches leave the law all but uniform: some
/// d^2 / 4 of the n d / 2 links take part. In small graphs, where that is much, more switches mix
/// all links.
/// Requires an even sum of degrees, and fewer than 2^31 links.
Paired pair_stubs(std::span<const std::uint32_t> degrees, Rng& rng);

}  // namespace shoal::sim::topology
