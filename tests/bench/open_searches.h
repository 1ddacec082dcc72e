// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/time.h"
#include "sim/network/delay.h"
#include "sim/topology/graph.h"

namespace shoal::tests {

/// The graph and the delays over which everything here is measured, as in `shoal-sim bench`.
sim::Graph bench_graph(std::uint32_t peers, std::uint32_t degree, std::uint64_t seed);
sim::LinkLaw bench_law();

/// Prints the memory per peer while ten searches that all peers relay are open: at the moment when
/// nodes are largest. `lookup` is how long a peer looks for its own files; with a long one all
/// copies have come and wait for it, with none messages are under way too.
void print_open(std::uint32_t peers, std::uint8_t ttl, Duration lookup);

}  // namespace shoal::tests
