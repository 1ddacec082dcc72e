// SPDX-License-Identifier: Apache-2.0
// The makers of families.h, one file each. Internal to this folder: their contracts are there.
#pragma once

#include <string>

#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "proto/types/rng.h"
#include "sim/topology/graph.h"
#include "sim/topology/parameters.h"

namespace shoal::sim::topology {

Result<Graph> ring(const TopologyParameters& p, Rng& rng);
Result<Graph> loners(const TopologyParameters& p, Rng& rng);
Result<Graph> path(const TopologyParameters& p, Rng& rng);
Result<Graph> star(const TopologyParameters& p, Rng& rng);
Result<Graph> complete(const TopologyParameters& p, Rng& rng);
Result<Graph> petersen(const TopologyParameters& p, Rng& rng);
Result<Graph> tree(const TopologyParameters& p, Rng& rng);
Result<Graph> grid(const TopologyParameters& p, Rng& rng);
Result<Graph> torus(const TopologyParameters& p, Rng& rng);
Result<Graph> hypercube(const TopologyParameters& p, Rng& rng);
Result<Graph> random_regular(const TopologyParameters& p, Rng& rng);
Result<Graph> erdos_renyi(const TopologyParameters& p, Rng& rng);
Result<Graph> watts_strogatz(const TopologyParameters& p, Rng& rng);
Result<Graph> barabasi_albert(const TopologyParameters& p, Rng& rng);
Result<Graph> k_out(const TopologyParameters& p, Rng& rng);
Result<Graph> configuration(const TopologyParameters& p, Rng& rng);

/// "cannot make a <what>", with why and what to try.
inline tl::unexpected<Error> refuse(const std::string& what, std::string why, std::string next) {
  return fail(Errc::kInvalidArgument, "cannot make a " + what, std::move(why), std::move(next));
}

/// Nothing, or an error when there would be more links than limits::kGraphLinksMax.
inline Result<void> check_links(std::uint64_t links) {
  if (links <= limits::kGraphLinksMax) return {};
  return fail(Errc::kTooLarge, "cannot make a graph of " + std::to_string(links) + " links",
              "at most " + std::to_string(limits::kGraphLinksMax) + " fit",
              "take fewer peers, or fewer links per peer");
}

}  // namespace shoal::sim::topology
