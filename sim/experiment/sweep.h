// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "proto/types/result.h"
#include "sim/experiment/experiment.h"
#include "sim/experiment/run_store.h"

namespace shoal::sim {

/// One dimension of a grid.
struct Axis {
  std::string key;
  std::vector<std::string> values;
};

/// Every combination of the axes' values, each with every seed.
struct SweepPlan {
  std::string file;  ///< of the experiment; empty: the built-in one
  std::vector<Override> fixed;
  std::vector<Axis> axes;
  std::uint64_t first_seed = 1;
  std::uint32_t seeds = 1;
  unsigned jobs = 1;  ///< runs at once, each on one thread
};

/// One point of the grid.
struct SweepPoint {
  std::vector<std::string> values;  ///< one per axis
  Experiment experiment;
};

/// "key=a,b,c". Errors: kInvalidArgument.
Result<Axis> parse_axis(std::string_view text);

/// The points in the order of a counter whose last digit is the last axis.
/// Errors: kInvalidArgument (a key that does not exist or is given twice, a value it does not
/// take or that is given twice; more than a million runs), those of load_experiment().
Result<std::vector<SweepPoint>> points_of(const SweepPlan& plan);

struct SweepProgress {
  std::size_t runs = 0;
  std::size_t done = 0;     ///< these included
  std::size_t skipped = 0;  ///< had been done before
  double wall_s = 0;
};

/// Makes the runs that `store` does not hold yet and puts each into it as soon as it is done, so
/// that a sweep that was killed goes on where it was. `hook` is called by one thread at a time.
/// Errors: the first one of a run; what is done stays in the store.
Result<SweepProgress> run_sweep(const SweepPlan& plan, const std::vector<SweepPoint>& points,
                                RunStore& store,
                                const std::function<void(const SweepProgress&)>& hook);

/// All runs of the sweep as a table, one line each, in order; replaces `path` as a whole.
/// Errors: kIo, kNotFound (a run is missing).
Result<void> write_csv(const std::string& path, const SweepPlan& plan,
                       const std::vector<SweepPoint>& points, const RunStore& store);

}  // namespace shoal::sim
