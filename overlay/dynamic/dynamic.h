// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "overlay/core/overlay.h"
#include "overlay/core/parameters.h"
#include "proto/types/limits.h"

namespace shoal::overlay {

/// Places of dynamic's parameters.
enum DynamicParameter : std::uint8_t {
  kDynamicWanted,
  kDynamicProbes,
  kDynamicProbeTtl,
  kDynamicDegree
};

inline constexpr std::array kDynamicParameters{
    Parameter{"wanted", "Pairs of holder and file after which a search that names no number ends.",
              50, 1, limits::kHitsMax},
    Parameter{"probes", "Neighbours that are probed first.", 3, 1, limits::kLinksMax},
    Parameter{"probe_ttl", "Hops of the probe.", 2, 1, limits::kTtlLimitSimulator},
    Parameter{"degree", "Neighbours that a peer is taken to have; 0: what the probe says.", 0, 0,
              1000},
};

/// Dynamic query (Fisk, "Gnutella Dynamic Query Protocol v0.1", 2003): a few neighbours are probed
/// with few hops; from what that finds follows how many peers must be asked for what is wanted, and
/// so with how many hops the next neighbour is asked, one neighbour after the other.
///
/// All floods of a search have one id. So no peer looks up twice, later floods end where earlier
/// ones have been with as many hops left, and the echo of each says what it reached beyond them.
/// Differs from the paper: a flood's end is known by its echo, and so are how many peers were asked
/// and how many neighbours they have; the paper waits 2.4 s a hop and guesses. As long as nothing
/// is found, it counts as if the next peer had something, where the paper goes to the last hop at
/// once. A neighbour may be asked again with more hops, until all were asked with all hops; under
/// the rule `classic` each is asked once.
std::unique_ptr<Overlay> make_dynamic(Env& env);

}  // namespace shoal::overlay
