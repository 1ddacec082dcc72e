// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
  std::unique_ptr<const Trace> trace;
  std::unique_ptr<const Catalogue> catalogue;
};

/// The first search of the experiment, from a network in which churn and faults (but no script)
/// have gone on until workload.start. Errors: as run_once(); kNotConnected (the origin is away or
/// has no neighbour then).
Result<TracedSearch> trace_search(const Experiment& experiment, std::uint64_t seed);

}  // namespace shoal::sim
