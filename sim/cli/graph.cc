// SPDX-License-Identifier: Apache-2.0
// shoal-sim graph: what a topology is like, or the network of peers that choose neighbours
// themselves.
#include <algorithm>
#include <optional>
#include <ostream>

#include "sim/cli/verbs.h"
#include "sim/experiment/membership.h"
#include "sim/experiment/result.h"
#include "sim/experiment/scene.h"
#include "sim/experiment/text_table.h"
#include "sim/measure/views.h"
#include "sim/topology/measures.h"

namespace shoal::sim::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kSourcesBuiltIn = 1000;

struct Measured {
  std::string name;
  std::uint64_t seed = 0;
  const Graph& graph;
  Degrees degrees;
  Components components;
  Clustering clustering;
  Distances distances;
  std::optional<NetworkShape> found = {};  ///< of neighbours that peers found themselves
};

// What is measured, and of what.
struct Subject {
  std::string name;
  Graph graph;
  std::optional<NetworkShape> found = {};
};

Result<Subject> subject_of(const Experiment& experiment) {
  const std::uint64_t seed = experiment.run.seed;
  const TopologyPlan& plan = experiment.topology;
  std::string name = plan.file.empty() ? plan.family : plan.file;
  if (!experiment.membership.open()) {
    auto topology = topology_of(plan, experiment.run, seed);
    if (!topology) return tl::unexpected(topology.error());
    return Subject{std::move(name), std::move(topology->graph)};
  }
  const auto draft = draft_of(experiment, seed);
  if (!draft) return tl::unexpected(draft.error());
  auto scene = Scene::make(experiment, seed, *draft, Order::kGrouped);
  if (!scene) return tl::unexpected(scene.error());
  (*scene)->unsettle(experiment, seed);
  const Engine& engine = *(*scene)->engine;
  (*scene)->engine->run_until(measured_at(experiment));
  return Subject{name + ", neighbours by hyparview", active_views(engine), shape_of(engine, seed)};
}

json::object to_json(const Measured& m) {
  json::object out{{"schema", "shoal/sim.graph/1"},
                   {"topology", m.name},
                   {"seed", std::to_string(m.seed)},
                   {"peers", m.graph.size()},
                   {"links", m.graph.edges()},
                   {"loops_dropped", m.graph.loops_dropped()},
                   {"doubles_dropped", m.graph.doubles_dropped()}};
  out["degree"] = json::object{{"min", m.degrees.least},
                               {"mean", m.degrees.mean},
                               {"max", m.degrees.most},
                               {"peers", json::value_from(m.degrees.peers)}};
  out["components"] =
      json::object{{"count", m.components.sizes.size()}, {"largest", m.components.largest}};
  out["clustering"] = json::object{{"triangles", m.clustering.triangles},
                                   {"mean_local", m.clustering.mean_local},
                                   {"global", m.clustering.global}};
  out["distances"] = json::object{{"exact", m.distances.exact},
                                  {"sources", m.distances.sources},
                                  {"mean", m.distances.mean},
                                  {"longest", m.distances.longest},
                                  {"pairs", json::value_from(m.distances.pairs)}};
  if (m.found) {
    out["membership"] = json::object{{"neighbours", m.found->neighbours},
                                     {"known", m.found->known},
                                     {"connected", m.found->connected}};
  }
  return out;
}

// Peers by degree in some twelve rows; degrees side by side when there are many.
void add_degrees(TextTable& lines, const Degrees& degrees) {
  constexpr std::uint32_t kRows = 12;
  const std::uint32_t width = std::max(1U, (degrees.most - degrees.least) / kRows + 1);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> rows;
  std::uint64_t most = 0;
  for (std::uint32_t from = degrees.least; from <= degrees.most; from += width) {
    std::uint64_t peers = 0;
    for (std::uint32_t d = from; d < from + width && d <= degrees.most; ++d) {
      peers += degrees.peers[d];
    }
    rows.emplace_back(from, peers);
    most = std::max(most, peers);
  }
  for (const auto& [from, peers] : rows) {
    std::string label = "  " + std::to_string(from);
    if (width > 1) label += " .. " + std::to_string(std::min(from + width - 1, degrees.most));
    lines.add(label, grouped(peers), bar(static_cast<double>(peers), static_cast<double>(most)));
  }
}

std::string table(const Measured& m) {
  TextTable lines;
  lines.say(m.name + ": " + grouped(m.graph.size()) + " peers, " + grouped(m.graph.edges()) +
            " links");
  if (m.graph.loops_dropped() + m.graph.doubles_dropped() > 0) {
    lines.add("dropped", grouped(m.graph.doubles_dropped()),
              "repeated links, and " + grouped(m.graph.loops_dropped()) + " loops");
  }
  lines.add("components", grouped(m.components.sizes.size()),
            "the largest has " + grouped(m.components.largest) + " peers");
  lines.add("clustering", decimals(m.clustering.mean_local, 4),
            "mean of peers; global " + decimals(m.clustering.global, 4) + ", " +
                grouped(m.clustering.triangles) + " triangles");
  lines.add("degree", decimals(m.degrees.mean, 2),
            "mean; from " + grouped(m.degrees.least) + " to " + grouped(m.degrees.most));
  add_degrees(lines, m.degrees);
  if (m.found) lines.add("known besides", decimals(m.found->known, 2), "peers, mean");
  lines.add("distance", decimals(m.distances.mean, 3),
            std::string("mean hops; longest ") + (m.distances.exact ? "" : "seen ") +
                grouped(m.distances.longest) + ", from " + grouped(m.distances.sources) + " peers");
  std::uint64_t most = 0;
  for (const std::uint64_t pairs : m.distances.pairs) most = std::max(most, pairs);
  for (std::size_t hops = 1; hops < m.distances.pairs.size(); ++hops) {
    lines.add("  " + std::to_string(hops), grouped(m.distances.pairs[hops]),
              bar(static_cast<double>(m.distances.pairs[hops]), static_cast<double>(most)));
  }
  return lines.text();
}

}  // namespace

Result<int> graph_verb(World& world, const Arguments& arguments) {
  const auto experiment = experiment_of(arguments);
  if (!experiment) return tl::unexpected(experiment.error());
  const auto sources = arguments.number("--sources", limits::kSimPeersMax);
  if (!sources) return tl::unexpected(sources.error());
  const auto subject = subject_of(*experiment);
  if (!subject) return tl::unexpected(subject.error());
  const std::uint64_t seed = experiment->run.seed;
  const Graph& graph = subject->graph;
  const Measured measured{
      .name = subject->name,
      .seed = seed,
      .graph = graph,
      .degrees = degrees_of(graph),
      .components = components_of(graph),
      .clustering = clustering_of(graph),
      .distances = distances_of(graph,
                                static_cast<std::uint32_t>(
                                    std::max<std::uint64_t>(1, sources->value_or(kSourcesBuiltIn))),
                                seed),
      .found = subject->found};
  world.out << (arguments.has("--json") ? pretty(to_json(measured)) + "\n" : table(measured));
  return 0;
}

}  // namespace shoal::sim::cli
