// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "proto/types/result.h"
#include "proto/types/rng.h"
#include "sim/topology/graph.h"
#include "sim/topology/parameters.h"

namespace shoal::sim {

/// One family of graphs.
struct Family {
  std::string_view name;  ///< as a configuration names it: "random-regular"
  std::string_view doc;   ///< what it looks like and what its parameters do, in a sentence or two
  /// The parameters it takes, by their names in TopologyParameters, parted by blanks.
  std::string_view parameters;
  /// Errors: kInvalidArgument (there is no such graph; says why and what to try), kTooLarge (more
  /// links than a Graph holds).
  Result<Graph> (*make)(const TopologyParameters&, Rng&);
};

/// One parameter, for help texts.
struct ParameterDoc {
  std::string_view name;
  std::string_view doc;
};

/// All families, simple ones first.
std::span<const Family> families();
/// All parameters, in the order of TopologyParameters.
std::span<const ParameterDoc> topology_parameters();
/// Null when there is none of that name.
const Family* find_family(std::string_view name);

/// The graph that these words describe: the same one for the same seed, everywhere.
/// Errors: those of Family::make; kInvalidArgument (no such family; says which there are).
Result<Graph> make_graph(std::string_view family, const TopologyParameters& parameters,
                         std::uint64_t seed);

}  // namespace shoal::sim
