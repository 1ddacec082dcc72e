// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/result.h"

#include <algorithm>
#include <cmath>

#include "proto/types/assert.h"

namespace shoal::sim {
namespace {

namespace json = boost::json;
using Results = std::vector<RunResult>;

// A whole number as one, so that counts of a single search are exact.
json::value number(double value) {
  constexpr double kExact = 9007199254740992.0;
  if (value == std::floor(value) && std::abs(value) < kExact) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

template <class Of>
double mean_of(const Results& results, Of of) {
  double sum = 0;
  for (const RunResult& result : results) sum += static_cast<double>(of(result));
  return sum / static_cast<double>(results.size());
}

json::object to_json(const Results& results, Traffic(of)(const RunResult&)) {
  const auto part = [&](std::uint64_t Traffic::*kind) {
    return number(mean_of(results, [&](const RunResult& r) { return of(r).*kind; }));
  };
  return {{"queries", part(&Traffic::queries)},
          {"echoes", part(&Traffic::echoes)},
          {"hits", part(&Traffic::hits)},
          {"others", part(&Traffic::others)}};
}

// Of several seeds: the means of their means and quantiles.
json::object to_json(const Results& results, Spread RunResult::*of) {
  const auto part = [&](double Spread::*field) {
    double sum = 0;
    std::size_t count = 0;
    for (const RunResult& result : results) {
      if ((result.*of).count == 0) continue;
      sum += (result.*of).*field;
      ++count;
    }
    return count == 0 ? json::value() : number(sum / static_cast<double>(count));
  };
  return {{"count", number(mean_of(results, [&](const RunResult& r) { return (r.*of).count; }))},
          {"mean", part(&Spread::mean)},
          {"p50", part(&Spread::median)},
          {"p95", part(&Spread::p95)},
          {"p99", part(&Spread::p99)},
          {"max", part(&Spread::max)}};
}

json::object drops(const Results& results) {
  const auto part = [&](auto of) { return number(mean_of(results, of)); };
  return {{"given_back", part([](const RunResult& r) { return r.losses.given_back.queries; })},
          {"lost_queries", part([](const RunResult& r) { return r.losses.lost.queries; })},
          {"lost_echoes", part([](const RunResult& r) { return r.losses.lost.echoes; })},
          {"lost_hits", part([](const RunResult& r) { return r.losses.lost.hits; })},
          {"refused", part([](const RunResult& r) { return r.refused; })},
          {"rejected", part([](const RunResult& r) { return r.losses.rejected; })},
          {"cut_by_budget", part([](const RunResult& r) { return r.cut_by_budget; })},
          {"unanswered", part([](const RunResult& r) { return r.unanswered; })},
          {"unsearched", part([](const RunResult& r) { return r.unsearched; })},
          {"hits_dropped", part([](const RunResult& r) { return r.hits_dropped; })}};
}

json::array by_hop(const Results& results) {
  std::size_t hops = 0;
  for (const RunResult& result : results) hops = std::max(hops, result.reach_by_hop.size());
  json::array out;
  for (std::size_t hop = 0; hop < hops; ++hop) {
    out.push_back(number(mean_of(results, [&](const RunResult& r) {
      return hop < r.reach_by_hop.size() ? r.reach_by_hop[hop] : 0.0;
    })));
  }
  return out;
}

json::object counts_of_searches(const Results& results) {
  const auto part = [&](std::uint32_t RunResult::*field) {
    return number(mean_of(results, [&](const RunResult& r) { return r.*field; }));
  };
  return {{"wanted", part(&RunResult::searches)},
          {"started", part(&RunResult::started)},
          {"finished", part(&RunResult::finished)},
          {"complete", part(&RunResult::complete)}};
}

json::object changes(const Results& results) {
  const auto part = [&](std::uint64_t RunResult::*field) {
    return number(mean_of(results, [&](const RunResult& r) { return r.*field; }));
  };
  return {{"departures", part(&RunResult::departures)},
          {"returns", part(&RunResult::returns)},
          {"faults", part(&RunResult::faults)},
          {"files_moved", part(&RunResult::moved)},
          {"raised_delays", part(&RunResult::raised)}};
}

// The values of one figure in all runs that have it.
std::vector<double> values_of(const Figure& figure, const Results& results) {
  std::vector<double> values;
  for (const RunResult& result : results) {
    if (const auto value = figure.of(result)) values.push_back(*value);
  }
  return values;
}

void add_seeds(json::object& out, const Results& results) {
  json::object confidence;
  for (const Figure& figure : figures()) {
    const auto values = values_of(figure, results);
    confidence[figure.name] =
        values.size() < 2 ? json::value() : number(*estimate(values).half_width);
  }
  out["confidence"] = std::move(confidence);
  json::array runs;
  for (const RunResult& result : results) {
    json::object run{{"seed", std::to_string(result.seed)}, {"digest", hex_of(result.digest)}};
    for (const Figure& figure : figures()) {
      const auto value = figure.of(result);
      run[figure.name] = value ? number(*value) : json::value();
    }
    runs.push_back(std::move(run));
  }
  out["runs"] = std::move(runs);
}

// Of a run whose searches were started, and held against the truth.
std::optional<double> if_true(const RunResult& result, double value) {
  if (result.started == 0 || !result.truth) return std::nullopt;
  return value;
}

std::optional<double> of_shape(const RunResult& result, double NetworkShape::*field) {
  if (!result.shape) return std::nullopt;
  return *result.shape.*field;
}

std::optional<double> mean_of(const Spread& times) {
  if (times.count == 0) return std::nullopt;
  return times.mean;
}

}  // namespace

std::string hex_of(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 0; i < out.size(); ++i) out[15 - i] = kDigits[value >> (4 * i) & 15];
  return out;
}

std::vector<Figure> figures() {
  using R = const RunResult&;
  using Maybe = std::optional<double>;
  return {
      {"reach", [](R r) -> Maybe { return r.reach; }, "peers", "peers asked"},
      {"messages", [](R r) -> Maybe { return r.messages; }, "copies", "copies of the query"},
      {"duplicates", [](R r) -> Maybe { return r.duplicates; }, "copies", "  useless repeats"},
      {"redundancy", [](R r) -> Maybe { return r.redundancy; }, "share", "  their share"},
      {"lookups", [](R r) -> Maybe { return r.lookups; }, "looks", "looks among files"},
      {"success", [](R r) { return r.started == 0 || !r.content ? Maybe() : r.success; }, "share",
       "searches that found"},
      {"possible", [](R r) { return r.content ? if_true(r, r.possible) : Maybe(); }, "share",
       "  that could have"},
      {"recall", [](R r) { return r.possible > 0 ? if_true(r, r.recall) : Maybe(); }, "share",
       "holders found within reach"},
      {"recall_of_all", [](R r) { return r.recall_of_all; }, "share", "  of all holders here"},
      {"coverage", [](R r) { return if_true(r, r.coverage); }, "share",
       "of the peers within reach"},
      {"reliability", [](R r) { return r.reliability; }, "share", "of all peers that are here"},
      {"neighbours", [](R r) { return of_shape(r, &NetworkShape::neighbours); }, "",
       "neighbours of a peer"},
      {"known", [](R r) { return of_shape(r, &NetworkShape::known); }, "", "  known besides"},
      {"clustering", [](R r) { return of_shape(r, &NetworkShape::clustering); }, "",
       "clustering of neighbours"},
      {"mean_path", [](R r) { return of_shape(r, &NetworkShape::mean_path); }, "hops",
       "hops between two peers"},
      {"connected", [](R r) { return of_shape(r, &NetworkShape::connected); }, "share",
       "peers in the largest part"},
      {"first_hit_ms", [](R r) { return mean_of(r.first_hit_ms); }, "ms", "first hit after"},
      {"all_hits_ms", [](R r) { return mean_of(r.all_hits_ms); }, "ms", "last hit after"},
      {"took_ms", [](R r) { return mean_of(r.took_ms); }, "ms", "search ended after"},
      {"load_gini", [](R r) -> Maybe { return r.load_gini; }, "", "Gini of the load"},
      {"deliveries", [](R r) -> Maybe { return static_cast<double>(r.deliveries); }, "messages",
       "messages delivered"},
      {"deliveries_per_second", [](R r) -> Maybe { return r.deliveries_per_second(); }, "1/s",
       "delivered per second"},
      {"bytes_per_peer", [](R r) { return r.bytes_per_peer; }, "bytes", "memory per peer"},
  };
}

json::object summary(const Experiment& experiment, const Results& results) {
  SHOAL_ASSERT(!results.empty());
  json::object out{{"schema", "shoal/sim.summary/1"}};
  std::uint64_t digest = 0;
  for (const RunResult& result : results) digest += result.digest;
  out["seed"] = std::to_string(results.front().seed);
  out["seeds"] = results.size();
  out["threads"] = results.front().threads;
  out["peers"] = results.front().peers;
  out["links"] = results.front().links;
  out["peers_at_end"] = number(mean_of(results, [](const RunResult& r) { return r.peers_at_end; }));
  out["searches"] = counts_of_searches(results);
  for (const Figure& figure : figures()) {
    const auto values = values_of(figure, results);
    out[figure.name] = values.empty() ? json::value() : number(estimate(values).mean);
  }
  out["digest"] = hex_of(digest);
  out["reach_by_hop"] = by_hop(results);
  out["echoes"] = number(mean_of(results, [](const RunResult& r) { return r.traffic.echoes; }));
  out["hits"] = number(mean_of(results, [](const RunResult& r) { return r.traffic.hits; }));
  out["traffic"] = to_json(results, [](const RunResult& r) { return r.traffic; });
  out["bytes"] = to_json(results, [](const RunResult& r) { return r.bytes; });
  out["drops"] = drops(results);
  out["changes"] = changes(results);
  out["time_to_first_hit_ms"] = to_json(results, &RunResult::first_hit_ms);
  out["time_to_all_hits_ms"] = to_json(results, &RunResult::all_hits_ms);
  out["search_time_ms"] = to_json(results, &RunResult::took_ms);
  out["load"] = json::object{
      {"mean", number(mean_of(results, [](const RunResult& r) { return r.load_mean; }))},
      {"max", number(mean_of(results, [](const RunResult& r) { return r.load_max; }))},
      {"gini", number(mean_of(results, [](const RunResult& r) { return r.load_gini; }))}};
  out["virtual_s"] = number(mean_of(results, [](const RunResult& r) { return r.virtual_s; }));
  out["build_s"] = number(mean_of(results, [](const RunResult& r) { return r.build_s; }));
  out["run_s"] = number(mean_of(results, [](const RunResult& r) { return r.run_s; }));
  if (results.size() > 1) add_seeds(out, results);
  json::object keys;
  for (const auto& [key, value] : shown(experiment)) keys[key] = value;
  out["experiment"] = std::move(keys);
  return out;
}

}  // namespace shoal::sim
