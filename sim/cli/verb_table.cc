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
constexpr Option kQuiet{"--quiet", "", "no progress on stderr; -q"};

constexpr std::array kRunOptions{kSet, kSeed, kSeeds, kThreads, kJson, kQuiet};

constexpr std::array kGraphOptions{
    kSet, kSeed, kJson,
    Option{"--sources", "N",
           "measure distances from so many peers (1000); all peers if there are fewer"}};
constexpr std::array kSweepOptions{
    kSet,
    kSeed,
    kSeeds,
    kJson,
    kQuiet,
    Option{"--vary", "KEY=A,B,..", "one dimension of the grid; may be given again"},
    Option{"--jobs", "N", "runs at once, each on one thread; one per core"},
    Option{"--out", "FOLDER", "where runs.db and runs.csv go: out/<name of FILE>"}};
constexpr std::array kCompareOptions{
    kJson,
    Option{"--threshold", "FIGURE=X%", "how much worse a figure may be; may be given again"}};
constexpr std::array kTraceOptions{kSet, kSeed, kJson,
                                   Option{"--all", "", "print the whole tree, however long"}};
constexpr std::array kBenchOptions{
    Option{"--peers", "N", "10000"},
    Option{"--degree", "D", "8"},
    Option{"--ttl", "T", "12 from a million peers on, else 7"},
    Option{"--searches", "K", "timed ones, one after another: 10"},
    Option{"--threads", "M", "1"},
    Option{"--seed", "N", "1"},
    Option{"--echo", "", "with echoes, which count as deliveries"},
    Option{"--deepest", "", "forward deeper copies again; else classic"},
    kJson};

constexpr std::array kReportOptions{
    kSet, kSeed,
    Option{"--wave", "", "the first search of the experiment FILE, played over its graph"},
    Option{"--out", "PAGE.html",
           "where it goes: report.html beside the runs, or out/<name of FILE>.wave.html"}};
constexpr std::array kReplayOptions{kJson};
constexpr std::array kSwarmOptions{
    Option{"--leechers", "N", "1000"},
    Option{"--mib", "N", "the file's length: 1024"},
    Option{"--rate", "BYTES", "a second, of everybody's line, up and down: 12500000"},
    Option{"--seed-rate", "BYTES", "a second, of the seed's line up: as --rate"},
    Option{"--sources", "N", "leechers that each leecher knows: 16"},
    Option{"--slots", "N", "served at once by a peer: 8"},
    Option{"--seed", "N", "of all that is drawn: 1"},
    kJson};
constexpr std::array kCheckOptions{
    Option{"--seed", "S", "the first seed (1); alone: this one only"},
    Option{"--runs", "N", "so many scenarios (1000)"},
    Option{"--minutes", "M", "instead: for so long"},
    Option{"--overlay", "NAME", "of this overlay; else all of the registry in turn"},
    Option{"--jobs", "N", "scenarios at once; what is found does not depend on it"},
    Option{"--keep", "FOLDER", "where a broken scenario goes, shrunk: check-failures"},
    Option{"--page", "PAGE.html", "of one FILE: write its HTML page too"},
    kJson,
    kQuiet};

constexpr std::array kVerbs{
    Verb{"run", "run an experiment and print what came of it", "[FILE] [options]",
         "shoal-sim run configs/sim/flood.yaml --set overlay.ttl=7 --json", kRunOptions, run_verb},
    Verb{"trace", "show one search as a tree: who was asked, when, by whom, what was cut and why",
         "[FILE] [options]",
         "shoal-sim trace --set topology.peers=12 --set topology.degree=3 --set overlay.ttl=3",
         kTraceOptions, trace_verb},
    Verb{"graph", "measure a topology: degrees, components, clustering, distances",
         "[FILE] [options]", "shoal-sim graph --set topology.family=watts-strogatz", kGraphOptions,
         graph_verb},
    Verb{"bench", "measure the engine: floods over a random regular graph", "[options]",
         "shoal-sim bench --peers 1e6 --threads 4 --json", kBenchOptions, bench_verb},
    Verb{"sweep", "run every point of a grid with every seed; a sweep that was killed goes on",
         "[FILE] --vary KEY=A,B.. [options]",
         "shoal-sim sweep configs/sim/flood.yaml --vary overlay.ttl=3,4,5 --seeds 10",
         kSweepOptions, sweep_verb},
    Verb{"compare", "hold results B against results A; exit 1 when a figure got worse",
         "A B [options]", "shoal-sim compare before.json after.json --threshold messages=2%",
         kCompareOptions, compare_verb},
    Verb{"report", "write one HTML page: the plots of a sweep, or a search to watch, step by step",
         "FOLDER | [FILE] --wave [options]",
         "shoal-sim report configs/sim/search.yaml --wave --set topology.peers=60", kReportOptions,
         report_verb},
    Verb{"check",
         "hold overlays to the contract: draw scenarios in which everything goes wrong and is "
         "healed; shrink and keep one that breaks a clause",
         "[FILE.. | options]",
         "shoal-sim check --overlay flood --runs 10000\n"
         "  shoal-sim check --minutes 60 --keep failures\n"
         "  shoal-sim check failures/flood-31-ends-in-time.txt --page wave.html",
         kCheckOptions, check_verb},
    Verb{"swarm", "let many fetch one file from one seed and from one another", "[options]",
         "shoal-sim swarm --leechers 200 --mib 512", kSwarmOptions, swarm_verb},
    Verb{"replay", "put the record of a live peer through a fresh core, and compare",
         "FILE [options]", "shoal-sim replay ~/ana.record", kReplayOptions, replay_verb},
    Verb{"help", "explain a verb, or all keys: help keys", "[VERB | keys]", "", {}, help_verb},
    Verb{"version", "print the version", "", "", {}, version_verb},
};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(kVerbs, name, &Verb::name);
  return found == kVerbs.end() ? nullptr : &*found;
}

Result<std::vector<Override>> overrides_of(const Arguments& arguments) {
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
  return changes;
}

Result<Experiment> experiment_of(const Arguments& arguments) {
  if (arguments.words().size() > 1) {
    return fail(Errc::kInvalidArgument, "the command line is wrong", "one file is expected");
  }
  const auto changes = overrides_of(arguments);
  if (!changes) return tl::unexpected(changes.error());
  return load_experiment(arguments.words().empty() ? "" : arguments.words().front(), *changes);
}

}  // namespace shoal::sim::cli
