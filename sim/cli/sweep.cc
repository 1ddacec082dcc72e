// SPDX-License-Identifier: Apache-2.0
// shoal-sim sweep: a grid of runs.
#include "sim/experiment/sweep.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <thread>

#include "sim/cli/progress.h"
#include "sim/cli/verbs.h"
#include "sim/experiment/scene.h"
#include "sim/experiment/text_table.h"

namespace shoal::sim::cli {
namespace {

namespace json = boost::json;

Result<SweepPlan> plan_of(const Arguments& arguments) {
  const auto experiment = experiment_of(arguments);
  if (!experiment) return tl::unexpected(experiment.error());
  auto changes = overrides_of(arguments);
  if (!changes) return tl::unexpected(changes.error());
  SweepPlan plan;
  plan.file = arguments.words().empty() ? "" : arguments.words().front();
  plan.first_seed = experiment->run.seed;
  plan.seeds = experiment->run.seeds;
  for (const std::string& text : arguments.all("--vary")) {
    auto axis = parse_axis(text);
    if (!axis) return tl::unexpected(axis.error());
    plan.axes.push_back(std::move(*axis));
  }
  const auto jobs = arguments.number("--jobs", limits::kSimThreadsMax);
  if (!jobs) return tl::unexpected(jobs.error());
  const unsigned cores =
      std::clamp(std::thread::hardware_concurrency(), 1U, limits::kSimThreadsMax);
  plan.jobs = std::max(1U, static_cast<unsigned>(jobs->value_or(cores)));
  plan.fixed = std::move(*changes);
  if (experiment->run.memory_mb == 0) {  // the runs share it
    const std::uint64_t each = available_bytes() / plan.jobs >> 20;
    plan.fixed.emplace_back("run.memory_mb",
                            std::to_string(std::min<std::uint64_t>(each, 1U << 24)));
  }
  return plan;
}

std::string folder_of(const Arguments& arguments) {
  if (const auto given = arguments.last("--out")) return *given;
  const std::string file = arguments.words().empty() ? "sweep" : arguments.words().front();
  return "out/" + std::filesystem::path(file).stem().string();
}

// A table that no sweep left here is not written over.
Result<void> check_folder(const std::string& folder) {
  std::error_code ignored;
  const bool table = std::filesystem::exists(folder + "/runs.csv", ignored);
  const bool runs = std::filesystem::exists(folder + "/runs.db", ignored);
  if (!table || runs) return {};
  return fail(Errc::kInvalidArgument, "cannot write " + folder + "/runs.csv",
              "there is such a file, and no runs.db of its beside it",
              "move it away, or choose another --out");
}

// The means of one point over its seeds.
Result<json::object> figures_of(const SweepPlan& plan, const SweepPoint& point,
                                const RunStore& store) {
  std::vector<StoredRun> runs;
  for (std::uint32_t i = 0; i < plan.seeds; ++i) {
    auto run = store.get(point.experiment, plan.first_seed + i);
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  json::object out;
  for (const Figure& figure : figures()) {
    std::vector<double> values;
    for (const StoredRun& run : runs) {
      const auto value = run.figures.find(std::string(figure.name));
      if (value != run.figures.end()) values.push_back(value->second);
    }
    if (values.empty()) {
      out[figure.name] = nullptr;
      continue;
    }
    const Estimate known = estimate(values);
    json::object cell{{"mean", known.mean}};
    if (known.half_width) cell["half_width"] = *known.half_width;
    out[figure.name] = std::move(cell);
  }
  return out;
}

// Columns as wide as they need.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += std::string(widths[i] - row[i].size(), ' ') + row[i];
      out += i + 1 < row.size() ? "  " : "\n";
    }
  }
  return out;
}

std::string table_of(const SweepPlan& plan, const json::array& points) {
  constexpr std::array<std::string_view, 7> kShown{
      "reach", "messages", "duplicates", "success", "recall", "recall_of_all", "first_hit_ms"};
  std::vector<std::vector<std::string>> rows(1);
  for (const Axis& axis : plan.axes) rows[0].push_back(axis.key);
  for (const auto name : kShown) rows[0].emplace_back(name);
  for (const auto& item : points) {
    const json::object& point = item.get_object();
    auto& row = rows.emplace_back();
    for (const auto& value : point.at("values").get_array()) {
      row.emplace_back(value.get_string());
    }
    for (const auto name : kShown) {
      if (point.at("figures").at(name).is_null()) {
        row.emplace_back("-");
        continue;
      }
      const json::object& cell = point.at("figures").at(name).get_object();
      const int places = name == "success" || name.starts_with("recall") ? 3 : 1;
      std::string text = decimals(cell.at("mean").to_number<double>(), places);
      if (const auto* const half = cell.if_contains("half_width")) {
        text += " +-" + decimals(half->to_number<double>(), places);
      }
      row.push_back(std::move(text));
    }
  }
  return aligned(rows);
}

}  // namespace

Result<int> sweep_verb(World& world, const Arguments& arguments) {
  const auto plan = plan_of(arguments);
  if (!plan) return tl::unexpected(plan.error());
  if (plan->axes.empty() && plan->seeds == 1) {
    return fail(Errc::kInvalidArgument, "there is nothing to sweep", "it would be a single run",
                "--vary KEY=A,B.. makes a grid, --seeds N repeats it; `shoal-sim run` runs once");
  }
  const auto points = points_of(*plan);
  if (!points) return tl::unexpected(points.error());
  const std::string folder = folder_of(arguments);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Errc::kInvalidArgument, "cannot make " + folder, error.message());
  if (auto clear = check_folder(folder); !clear) return tl::unexpected(clear.error());
  auto store = RunStore::open(folder + "/runs.db");
  if (!store) return tl::unexpected(store.error());

  ProgressLine line(world.err, world.err_is_terminal, arguments.has("--quiet"));
  const auto done = run_sweep(*plan, *points, *store, [&](const SweepProgress& progress) {
    if (!line.due(progress.wall_s)) return;
    const auto fresh = static_cast<double>(progress.done - progress.skipped);
    const double left = static_cast<double>(progress.runs - progress.done) / fresh;
    line.write(std::to_string(progress.done) + "/" + std::to_string(progress.runs) + " runs, " +
                   time_left(left * progress.wall_s) + " left",
               progress.wall_s);
  });
  line.wipe();
  if (!done) return tl::unexpected(done.error());
  const std::string csv = folder + "/runs.csv";
  if (auto written = write_csv(csv, *plan, *points, *store); !written) {
    return tl::unexpected(written.error());
  }

  json::array rows;
  for (const SweepPoint& point : *points) {
    auto known = figures_of(*plan, point, *store);
    if (!known) return tl::unexpected(known.error());
    rows.push_back(
        json::object{{"values", json::value_from(point.values)}, {"figures", std::move(*known)}});
  }
  if (arguments.has("--json")) {
    json::array keys;
    for (const Axis& axis : plan->axes) keys.emplace_back(axis.key);
    world.out << pretty(json::object{{"schema", "shoal/sim.sweep/1"},
                                     {"runs", done->runs},
                                     {"skipped", done->skipped},
                                     {"seeds", plan->seeds},
                                     {"csv", csv},
                                     {"database", folder + "/runs.db"},
                                     {"vary", std::move(keys)},
                                     {"points", std::move(rows)}})
              << "\n";
    return 0;
  }
  world.out << table_of(*plan, rows);
  world.err << done->done << "/" << done->runs << " runs -> " << csv;
  if (done->skipped > 0) world.err << " (" << done->skipped << " had been done before)";
  world.err << "\n";
  return 0;
}

}  // namespace shoal::sim::cli
