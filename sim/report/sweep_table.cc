// SPDX-License-Identifier: Apache-2.0
#include "sim/report/sweep_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <tuple>
#include <type_traits>

#include "sim/experiment/result.h"
#include "sim/experiment/run_store.h"
#include "sim/experiment/setting.h"
#include "sim/input/lines.h"
#include "sim/report/command.h"

namespace shoal::sim {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> no_runs(const std::string& path, std::string why) {
  // Who opens files names them, too.
  if (!why.starts_with(path)) why = path + ": " + why;
  return fail(Errc::kInvalidArgument, "there are no runs to report", std::move(why),
              "give the folder of a sweep, its runs.db or its runs.csv");
}

// A run, with all keys that its source tells.
struct KeyedRun {
  std::vector<Override> keys;
  StoredRun run;
};

std::vector<std::string> split(const std::string& line, char at) {
  std::vector<std::string> out(1);
  for (const char c : line) {
    if (c == at) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

template <class T>
std::optional<T> parsed(const std::string& text) {
  T value{};
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

Result<std::vector<KeyedRun>> read_database(const std::string& path) {
  const auto store = RunStore::open(path, true);
  if (!store) return no_runs(path, store.error().why);
  const auto runs = store->all();
  if (!runs) return no_runs(path, runs.error().why);
  std::vector<KeyedRun> out;
  for (const StoredRun& run : *runs) {
    KeyedRun& keyed = out.emplace_back();
    keyed.run = run;
    for (const std::string& line : split(run.experiment, '\n')) {
      const std::size_t equals = line.find(" = ");
      if (equals != std::string::npos) {
        keyed.keys.emplace_back(line.substr(0, equals), line.substr(equals + 3));
      }
    }
  }
  return out;
}

Result<std::vector<KeyedRun>> read_csv(const std::string& path) {
  auto lines = LineReader::open(path);
  if (!lines) return no_runs(path, lines.error().why);
  std::vector<std::string> head;
  std::size_t axes = 0;
  std::vector<KeyedRun> out;
  for (std::size_t number = 1;; ++number) {
    const auto line = lines->next();
    if (!line) return no_runs(path, line.error().why);
    if (!*line) break;
    const std::vector<std::string> cells = split(std::string(**line), ',');
    const auto wrong = [&](const std::string& why) {
      return no_runs(path, "line " + std::to_string(number) + ": " + why);
    };
    if (number == 1) {
      head = cells;
      const auto seed = std::ranges::find(head, "seed");
      axes = static_cast<std::size_t>(seed - head.begin());
      if (axes + 2 > head.size() || head[axes + 1] != "digest") {
        return wrong("it is not the head of a sweep's table");
      }
      continue;
    }
    if (cells.size() != head.size()) {
      return wrong("it has " + std::to_string(cells.size()) + " cells and not " +
                   std::to_string(head.size()));
    }
    KeyedRun& keyed = out.emplace_back();
    for (std::size_t i = 0; i < axes; ++i) keyed.keys.emplace_back(head[i], cells[i]);
    const auto seed = parsed<std::uint64_t>(cells[axes]);
    if (!seed) return wrong("\"" + cells[axes].substr(0, 40) + "\" is no seed");
    keyed.run.seed = *seed;
    keyed.run.digest = cells[axes + 1];
    for (std::size_t i = axes + 2; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      const auto value = parsed<double>(cells[i]);
      if (!value) return wrong("\"" + cells[i].substr(0, 40) + "\" is no number");
      keyed.run.figures[head[i]] = *value;
    }
  }
  return out;
}

// Numbers, else times in a unit that suits them, else nothing.
void measure(VariedKey& varied) {
  std::vector<double> numbers;
  for (const std::string& value : varied.values) {
    if (const auto number = parsed<double>(value)) numbers.push_back(*number);
  }
  if (numbers.size() != varied.values.size()) {
    numbers.clear();
    double most = 0;
    for (const std::string& value : varied.values) {
      const auto time = parse_time(value);
      if (!time) return;
      numbers.push_back(static_cast<double>(time->count()) / 1000);
      most = std::max(most, numbers.back());
    }
    varied.unit = most >= 10'000 ? "s" : "ms";
    if (varied.unit == "s") {
      for (double& number : numbers) number /= 1000;
    }
  }
  varied.numbers = std::move(numbers);
}

void sort_values(VariedKey& varied) {
  measure(varied);
  if (varied.numbers.empty()) return;
  std::vector<std::pair<double, std::string>> both;
  for (std::size_t i = 0; i < varied.values.size(); ++i) {
    both.emplace_back(varied.numbers[i], varied.values[i]);
  }
  std::ranges::sort(both);
  for (std::size_t i = 0; i < both.size(); ++i) {
    std::tie(varied.numbers[i], varied.values[i]) = both[i];
  }
}

SweepTable table_of(const std::vector<KeyedRun>& runs, bool tells_shared) {
  SweepTable table;
  table.tells_shared = tells_shared;
  const std::size_t keys = runs.front().keys.size();
  std::vector<std::size_t> columns;  // of the varied keys
  for (std::size_t key = 0; key < keys; ++key) {
    VariedKey varied{runs.front().keys[key].first, {}, {}, {}};
    for (const KeyedRun& run : runs) {
      const std::string& value = run.keys[key].second;
      if (std::ranges::find(varied.values, value) == varied.values.end()) {
        varied.values.push_back(value);
      }
    }
    if (varied.values.size() == 1) {
      table.shared.push_back(runs.front().keys[key]);
      continue;
    }
    sort_values(varied);
    columns.push_back(key);
    table.varied.push_back(std::move(varied));
  }
  std::map<std::vector<std::size_t>, std::map<std::uint64_t, const StoredRun*>> points;
  for (const KeyedRun& run : runs) {
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& values = table.varied[i].values;
      at.push_back(static_cast<std::size_t>(std::ranges::find(values, run.keys[columns[i]].second) -
                                            values.begin()));
    }
    points[std::move(at)].emplace(run.run.seed, &run.run);
  }
  for (const auto& [at, by_seed] : points) {
    SweptPoint point{at, {}, {}, {}};
    for (const auto& [seed, run] : by_seed) {
      point.seeds.push_back(seed);
      point.digests.push_back(run->digest);
      for (const auto& [name, value] : run->figures) point.figures[name].push_back(value);
    }
    table.points.push_back(std::move(point));
  }
  return table;
}

// The runs of one database may come from programs with different keys.
bool same_keys(const std::vector<KeyedRun>& runs) {
  return std::ranges::all_of(runs, [&](const KeyedRun& run) {
    return std::ranges::equal(run.keys, runs.front().keys, {}, &Override::first, &Override::first);
  });
}

}  // namespace

bool SweepTable::full() const {
  std::size_t combinations = 1;
  for (const VariedKey& key : varied) combinations *= key.values.size();
  return points.size() == combinations;
}

bool SweepTable::same_seeds() const {
  const auto& first = points.front().seeds;
  const bool in_a_row = first.back() - first.front() + 1 == first.size();
  return in_a_row &&
         std::ranges::all_of(points, [&](const SweptPoint& point) { return point.seeds == first; });
}

std::string SweepTable::command() const {
  if (!tells_shared || !full() || !same_seeds()) return {};
  std::string out = "shoal-sim sweep" + set_options(changed_keys(shared));
  for (const VariedKey& key : varied) {
    std::string values;
    for (const std::string& value : key.values) {
      if (value.empty() || value.find(',') != std::string::npos) return {};
      values += (values.empty() ? "" : ",") + value;
    }
    out += " --vary " + quoted(key.key + "=" + values);
  }
  const auto& seeds = points.front().seeds;
  return out + " --seed " + std::to_string(seeds.front()) + " --seeds " +
         std::to_string(seeds.size()) + " --out again";
}

Result<SweepTable> read_sweep_table(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return no_runs(path, "there is no such file or folder");
  const bool folder = fs::is_directory(status);
  const std::string file = folder ? path + "/runs.db" : path;
  if (folder && !fs::exists(file, error)) return no_runs(path, "it holds no runs.db");
  const bool csv = file.ends_with(".csv");
  const auto runs = csv ? read_csv(file) : read_database(file);
  if (!runs) return tl::unexpected(runs.error());
  if (runs->empty()) return no_runs(file, "it holds no run");
  if (!same_keys(*runs)) return no_runs(file, "its runs have different keys");
  return table_of(*runs, !csv);
}

}  // namespace shoal::sim
