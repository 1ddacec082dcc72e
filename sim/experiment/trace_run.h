// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "proto/types/result.h"
#include "sim/experiment/experiment.h"
#include "sim/experiment/scene.h"
#include "sim/measure/trace.h"

namespace shoal::sim {

/// One search, followed copy by copy, and the network in which it happened.
struct TracedSearch {
  std::unique_ptr<const Draft> draft;
  std::uint32_t origin = 0;
  std::uint32_t file = 0;
  Instant started{};
  Instant ended{};  ///< of what was seen: some time after the search
  std::unique_ptr<const Trace> trace;
  std::unique_ptr<const Catalogue> catalogue;  ///< when the search began
};

/// Somebody else who wants to see the run of a traced search.
struct Onlooker {
  /// Who shall watch from the beginning; must outlive the run. An error ends it before it starts.
  std::function<Result<Observer*>(const Draft&)> watch;
  /// Called when the search is about to begin, and when it has begun.
  std::function<void(Instant)> before;
  std::function<void(QueryId, const TracedSearch&)> begun;
};

/// The first search of the experiment, from a network in which churn, faults and its script have
/// gone on until workload.start; where none is drawn, the script's first. Errors: as run_once();
/// kNotConnected (the origin is away or has no neighbour then).
Result<TracedSearch> trace_search(const Experiment& experiment, std::uint64_t seed,
                                  const Onlooker& onlooker = {});

}  // namespace shoal::sim
