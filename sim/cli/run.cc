// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run.h"

#include <ostream>

#include "sim/cli/progress.h"
#include "sim/cli/verbs.h"
#include "sim/memory/small_memory.h"

namespace shoal::sim::cli {

Result<int> run_verb(World& world, const Arguments& arguments) {
  const auto experiment = experiment_of(arguments);
  if (!experiment) return tl::unexpected(experiment.error());
  std::vector<RunResult> results;
  ProgressLine line(world.err, world.err_is_terminal, arguments.has("--quiet"));
  // As a bench does before its network.
  const auto begin_with_the_usual_pages = [] {
    release_small_memory();
    warm_up();
  };
  const std::uint32_t runs = experiment->run.seeds;
  for (std::uint32_t i = 0; i < runs; ++i) {
    const RunManner manner{[&](const Progress& progress) { line.show(progress, i, runs); },
                           begin_with_the_usual_pages, spare_small_memory};
    auto result = run_once(*experiment, experiment->run.seed + i, manner);
    if (!result) return tl::unexpected(result.error());
    if (i > 0) result->bytes_per_peer.reset();
    results.push_back(std::move(*result));
  }
  line.wipe();
  if (arguments.has("--json")) {
    world.out << pretty(summary(*experiment, results)) << "\n";
  } else {
    world.out << table(*experiment, results);
  }
  return 0;
}

}  // namespace shoal::sim::cli
