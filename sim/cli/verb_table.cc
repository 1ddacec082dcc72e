// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "sim/cli/verbs.h"

namespace shoal::sim::cli {
namespace {

constexpr Option kSet{"--set", "KEY=VALUE", "change one key; may be given again"};
constexpr Option kSeed{"--seed", "N", "run.seed"};
constexpr Option kSeeds{"--seeds", "N", "run.seeds: so many runs, with confidence intervals"};
constexpr Option kThreads{"--threads", "N", "run.threads; results do not depend on it"};
constexpr Option kJson{"--json", "", "one JSON object on stdout"};
constexpr Option kQuiet{"--quiet", "", "no progress on stderr"};

constexpr std::array kRunOptions{kSet, kSeed, kSeeds, kThreads, kJson, kQuiet};

constexpr std::array kVerbs{
    Verb{"run", "run an experiment and print what came of it", "[FILE] [options]",
         "shoal-sim run configs/sim/flood.yaml --set overlay.ttl=7 --json", kRunOptions, run_verb},
    Verb{"help", "explain a verb, or all keys: help keys", "[VERB | keys]", "", {}, help_verb},
    Verb{"version", "print the version", "", "", {}, version_verb},
};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(kVerbs, name, &Verb::name);
  return found == kVerbs.end() ? nullptr : &*found;
}

Result<Experiment> experiment_of(const Arguments& arguments) {
  if (arguments.words().size() > 1) {
    return fail(Errc::kInvalidArgument, "the command line is wrong", "one file is expected");
  }
  std::vector<Override> changes;
  for (const std::string& change : arguments.all("--set")) {
    const std::size_t equals = change.find('=');
    if (equals == std::string::npos) {
      return fail(Errc::kInvalidArgument, "the command line is wrong",
                  "--set " + change.substr(0, 60) + ": KEY=VALUE is expected");
    }
    changes.emplace_back(change.substr(0, equals), change.substr(equals + 1));
  }
  for (const char* const name : {"seed", "seeds", "threads"}) {
    const auto value = arguments.last("--" + std::string(name));
    if (value) changes.emplace_back("run." + std::string(name), *value);
  }
  const std::string file = arguments.words().empty() ? "" : arguments.words().front();
  return load_experiment(file, changes);
}

}  // namespace shoal::sim::cli
