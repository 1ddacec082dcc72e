// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/compare.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "proto/json/reader.h"
#include "sim/experiment/run_store.h"

namespace shoal::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileMax = 64 * 1024 * 1024;

tl::unexpected<Error> no_results(const std::string& path, std::string why) {
  return fail(Errc::kInvalidArgument, "there are no results to compare",
              path + ": " + std::move(why),
              "give what `shoal-sim run --json` printed, or the folder of a sweep");
}

void add_figures(const boost::json::object& from, ComparedPoint& to) {
  for (const Figure& figure : figures()) {
    const auto* const value = from.if_contains(figure.name);
    if (value != nullptr && value->is_number()) {
      to.figures[std::string(figure.name)].push_back(value->to_number<double>());
    }
  }
}

Result<std::vector<ComparedPoint>> read_summary(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  for (std::istreambuf_iterator<char> at(in), end; at != end && text.size() <= kFileMax; ++at) {
    text += *at;  // a pipe says not how long it is
  }
  if (!in.is_open() || in.bad()) return no_results(path, "it cannot be read");
  if (text.size() > kFileMax) return no_results(path, "it is too large");
  const auto value = json::parse(text);
  if (!value) return no_results(path, value.error().why);
  const auto* const object = value->if_object();
  const auto* const schema = object == nullptr ? nullptr : object->if_contains("schema");
  if (schema == nullptr || *schema != "shoal/sim.summary/1") {
    return no_results(path, "it is no shoal/sim.summary/1");
  }
  ComparedPoint point;
  point.experiment = "run";
  const auto* const keys = object->if_contains("experiment");
  if (keys != nullptr && keys->is_object()) {
    for (const auto& [key, chosen] : keys->get_object()) {
      const bool counts = !std::string_view(key).starts_with("run.") || key == "run.truth";
      if (counts && chosen.is_string()) point.keys[key] = chosen.get_string();
    }
  }
  const auto* const runs = object->if_contains("runs");
  if (runs == nullptr || !runs->is_array()) {
    add_figures(*object, point);
  } else {
    for (const auto& run : runs->get_array()) {
      if (run.is_object()) add_figures(run.get_object(), point);
    }
  }
  return std::vector{std::move(point)};
}

Result<std::vector<ComparedPoint>> read_sweep(const std::string& folder) {
  const auto store = RunStore::open(folder + "/runs.db", true);
  if (!store) return tl::unexpected(store.error());
  const auto runs = store->all();
  if (!runs) return tl::unexpected(runs.error());
  std::vector<ComparedPoint> out;
  for (const StoredRun& run : *runs) {
    if (out.empty() || out.back().experiment != run.experiment) {
      out.push_back({run.experiment, {}});
    }
    for (const auto& [name, value] : run.figures) out.back().figures[name].push_back(value);
  }
  return out;
}

Change judged(const ComparedFigure& figure, const Threshold& threshold) {
  if (!threshold.worse_by) return Change::kUnjudged;
  const double difference = figure.after.mean - figure.before.mean;
  if (figure.before.half_width && figure.after.half_width &&
      std::abs(difference) <= *figure.before.half_width + *figure.after.half_width) {
    return Change::kSame;
  }
  if (std::abs(figure.by) <= *threshold.worse_by) return Change::kSame;
  return (difference > 0) == threshold.higher_is_better ? Change::kBetter : Change::kWorse;
}

}  // namespace

std::map<std::string, Threshold> built_in_thresholds() {
  std::map<std::string, Threshold> out;
  for (const Figure& figure : figures()) out[std::string(figure.name)] = {};
  for (const char* const name :
       {"reach", "success", "recall", "recall_of_all", "coverage", "reliability", "connected"}) {
    out[name] = {true, 0.01};
  }
  out["possible"].higher_is_better = true;  // the network's, not the overlay's
  out["deliveries_per_second"].higher_is_better = true;
  for (const char* const name : {"messages", "duplicates", "redundancy", "lookups"})
    out[name] = {false, 0.05};
  for (const char* const name : {"first_hit_ms", "all_hits_ms", "took_ms", "load_gini"}) {
    out[name] = {false, 0.1};
  }
  return out;
}

std::vector<UnlikeKey> unlike_keys(const std::vector<ComparedPoint>& before,
                                   const std::vector<ComparedPoint>& after) {
  std::map<std::string, UnlikeKey> all;
  for (const ComparedPoint& point : before) {
    for (const auto& [key, value] : point.keys) all[key].before = value;
  }
  for (const ComparedPoint& point : after) {
    for (const auto& [key, value] : point.keys) all[key].after = value;
  }
  std::vector<UnlikeKey> out;
  for (auto& [key, unlike] : all) {
    unlike.key = key;
    if (unlike.before != unlike.after) out.push_back(std::move(unlike));
  }
  return out;
}

Result<std::vector<ComparedPoint>> read_results(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return no_results(path, "there is no such file");
  if (fs::is_directory(status)) return read_sweep(path);
  const bool large = fs::is_regular_file(status) && fs::file_size(path, error) > kFileMax;
  if (large) return no_results(path, "it is too large");
  return read_summary(path);
}

std::vector<ComparedFigure> compare(const std::vector<ComparedPoint>& before,
                                    const std::vector<ComparedPoint>& after,
                                    const std::map<std::string, Threshold>& thresholds) {
  std::vector<ComparedFigure> out;
  for (const ComparedPoint& old : before) {
    const auto same = std::ranges::find(after, old.experiment, &ComparedPoint::experiment);
    if (same == after.end()) continue;
    for (const Figure& known : figures()) {
      const std::string name(known.name);
      const auto was = old.figures.find(name);
      const auto is = same->figures.find(name);
      if (was == old.figures.end() || is == same->figures.end()) continue;
      ComparedFigure figure{old.experiment, name, estimate(was->second), estimate(is->second)};
      const double difference = figure.after.mean - figure.before.mean;
      if (difference != 0) {
        figure.by = figure.before.mean == 0
                        ? std::copysign(std::numeric_limits<double>::infinity(), difference)
                        : difference / std::abs(figure.before.mean);
      }
      figure.change = judged(figure, thresholds.at(name));
      out.push_back(std::move(figure));
    }
  }
  return out;
}

}  // namespace shoal::sim
