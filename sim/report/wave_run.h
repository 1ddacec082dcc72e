// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/result.h"
#include "sim/experiment/experiment.h"
#include "sim/report/wave.h"

namespace shoal::sim {

/// The first search of the experiment, as trace_search() makes it: ready for wave_html().
/// Errors: those of trace_search(); kInvalidArgument (more than kWavePeersMax peers).
Result<Wave> wave_of(const Experiment& experiment, std::uint64_t seed);

}  // namespace shoal::sim
