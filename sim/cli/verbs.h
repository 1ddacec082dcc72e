// SPDX-License-Identifier: Apache-2.0
// The verbs, one file each. Internal to this folder.
#pragma once

#include <span>
#include <string_view>

#include "sim/cli/app.h"
#include "sim/cli/arguments.h"
#include "sim/experiment/experiment.h"

namespace shoal::sim::cli {

struct Verb {
  std::string_view name;
  std::string_view summary;
  std::string_view usage;  ///< what follows the verb
  std::string_view example;
  std::span<const Option> options;
  /// The exit code. Errors: printed as one line, exit 2 (kInternal: 1).
  Result<int> (*run)(World&, const Arguments&);
};

/// In the order of help.
std::span<const Verb> verbs();
/// Null when there is none.
const Verb* find_verb(std::string_view name);

/// The overrides of --set, --seed, --seeds and --threads. Errors: kInvalidArgument.
Result<std::vector<Override>> overrides_of(const Arguments& arguments);
/// The experiment that FILE, --set, --seed, --seeds and --threads describe together.
/// Errors: kInvalidArgument (more than one FILE, --set without "="), those of load_experiment().
Result<Experiment> experiment_of(const Arguments& arguments);

Result<int> run_verb(World& world, const Arguments& arguments);
Result<int> graph_verb(World& world, const Arguments& arguments);
Result<int> bench_verb(World& world, const Arguments& arguments);
Result<int> trace_verb(World& world, const Arguments& arguments);
Result<int> swarm_verb(World& world, const Arguments& arguments);
Result<int> sweep_verb(World& world, const Arguments& arguments);
Result<int> check_verb(World& world, const Arguments& arguments);
Result<int> compare_verb(World& world, const Arguments& arguments);
Result<int> report_verb(World& world, const Arguments& arguments);
Result<int> replay_verb(World& world, const Arguments& arguments);
Result<int> help_verb(World& world, const Arguments& arguments);
Result<int> version_verb(World& world, const Arguments& arguments);

/// The text of `shoal-sim help`, and that of one verb.
std::string overview();
std::string page_of(const Verb& verb);

}  // namespace shoal::sim::cli
