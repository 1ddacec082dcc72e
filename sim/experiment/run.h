// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "proto/types/result.h"
#include "sim/experiment/experiment.h"
#include "sim/experiment/result.h"

namespace shoal::sim {

/// How far a run is, told now and then.
struct Progress {
  std::string_view stage;  ///< "drawing the graph", "building", "running"
  std::uint32_t peers = 0;
  double virtual_s = 0;
  std::uint64_t deliveries = 0;
  double wall_s = 0;  ///< since the run began
  double done = 0;    ///< share of the searches that have ended
};
using ProgressHook = std::function<void(const Progress&)>;

/// How a run is made; nothing of it changes the results.
struct RunManner {
  ProgressHook hook;
  /// Before the network is made: gives memory that the program's allocator keeps unused back to the
  /// system, and touches what any network takes once; may be empty.
  std::function<void()> release;
  /// How many bytes it would give back now, which are not the network's; may be empty.
  std::function<std::size_t()> spare;
};

/// Runs one experiment with one seed. Equal experiments and seeds give equal results on any number
/// of threads, but for the wall clock and the memory.
/// Errors: kInvalidArgument (an impossible topology, law or script; a source or overlay that does
/// not exist), kNotFound and kIo (a file), kNoSpace (memory that will not suffice, by an estimate).
Result<RunResult> run_once(const Experiment& experiment, std::uint64_t seed,
                           const RunManner& manner = {});

/// Touches the program's own pages by a tiny run, so that they are not counted as peers' memory.
void warm_up();

}  // namespace shoal::sim
