// SPDX-License-Identifier: Apache-2.0
// The plots of a sweep.
#include <algorithm>
#include <array>
#include <map>

#include "sim/measure/statistics.h"
#include "sim/report/measures.h"
#include "sim/report/scale.h"
#include "sim/report/sweep_page.h"

namespace shoal::sim {
namespace {

// From here on an axis is logarithmic.
constexpr double kLogX = 20;
constexpr double kLogY = 50;

std::string setting(const SweepTable& table, std::size_t key, std::size_t value) {
  return table.varied[key].key + " = " + table.varied[key].values[value];
}

// The keys other than `axis` that tell lines apart: as many as eight lines allow, the keys with few
// values first.
std::vector<std::size_t> line_keys(const SweepTable& table, std::size_t axis) {
  std::vector<std::size_t> others;
  for (std::size_t key = 0; key < table.varied.size(); ++key) {
    if (key != axis) others.push_back(key);
  }
  std::ranges::stable_sort(others, {},
                           [&](std::size_t key) { return table.varied[key].values.size(); });
  std::vector<std::size_t> out;
  std::size_t lines = 1;
  for (const std::size_t key : others) {
    lines *= table.varied[key].values.size();
    if (lines > kChartLooks) break;
    out.push_back(key);
  }
  std::ranges::sort(out);
  return out;
}

using Places = std::vector<std::size_t>;  // value numbers of some keys

struct Split {
  std::map<Places, std::map<Places, std::vector<const SweptPoint*>>> groups;  // by held, by line
  std::vector<std::size_t> lines;
  std::vector<std::size_t> held;
};

Split split(const SweepTable& table, std::size_t axis) {
  Split out;
  out.lines = line_keys(table, axis);
  for (std::size_t key = 0; key < table.varied.size(); ++key) {
    const bool taken = key == axis || std::ranges::find(out.lines, key) != out.lines.end();
    if (!taken) out.held.push_back(key);
  }
  for (const SweptPoint& point : table.points) {
    const auto of = [&](const std::vector<std::size_t>& keys) {
      Places places;
      for (const std::size_t key : keys) places.push_back(point.at[key]);
      return places;
    };
    out.groups[of(out.held)][of(out.lines)].push_back(&point);
  }
  return out;
}

std::string name_of(const SweepTable& table, const std::vector<std::size_t>& keys,
                    const Places& places) {
  std::string out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out += (i == 0 ? "" : ", ") + setting(table, keys[i], places[i]);
  }
  return out;
}

std::string tip_of(const SweepTable& table, const SweptPoint& point, const Measure& measure,
                   const Estimate& known) {
  std::string out = measure.label + ": " + estimate_text(known.mean, known.half_width);
  if (!measure.unit.empty() && measure.unit != "share") out += " " + measure.unit;
  out += " over " + std::to_string(known.count) + (known.count == 1 ? " seed" : " seeds");
  for (std::size_t key = 0; key < point.at.size(); ++key) {
    out += ", " + setting(table, key, point.at[key]);
  }
  return out;
}

std::vector<double> all_values(const Chart& chart) {
  std::vector<double> out;
  for (const ChartLine& line : chart.lines) {
    for (const ChartPoint& point : line.points) out.push_back(point.y);
  }
  return out;
}

void scale_y(Chart& chart, const Measure& measure) {
  const std::vector<double> values = all_values(chart);
  const double most = *std::ranges::max_element(values);
  chart.y_log = measure.unit != "share" && worth_a_log(values, kLogY);
  if (measure.unit == "share" && most > 0.4 && most <= 1) chart.y_high = 1;
}

}  // namespace

std::vector<ChartGroup> charts_of(const SweepTable& table, std::size_t axis) {
  const VariedKey& key = table.varied[axis];
  const Split parts = split(table, axis);
  std::vector<ChartGroup> out;
  for (const auto& [held, lines] : parts.groups) {
    ChartGroup group;
    group.held = name_of(table, parts.held, held);
    for (const Measure& measure : measures()) {
      if (constant_in(table, measure)) continue;
      Chart chart;
      chart.title = measure.label;
      chart.unit = measure.unit;
      chart.x_label = key.key + (key.unit.empty() ? "" : ", " + key.unit);
      if (key.numbers.empty()) chart.words = key.values;
      chart.x_values = key.numbers;
      chart.x_log = worth_a_log(key.numbers, kLogX);
      std::size_t look = 0;
      for (const auto& [places, points] : lines) {
        ChartLine line{name_of(table, parts.lines, places), look++, {}};
        for (const SweptPoint* const point : points) {
          const auto values = point->figures.find(measure.figure);
          if (values == point->figures.end()) continue;
          const Estimate known = estimate(values->second);
          const std::size_t at = point->at[axis];
          line.points.push_back({key.numbers.empty() ? static_cast<double>(at) : key.numbers[at],
                                 known.mean, known.half_width,
                                 tip_of(table, *point, measure, known)});
        }
        chart.lines.push_back(std::move(line));
      }
      if (all_values(chart).empty()) continue;
      scale_y(chart, measure);
      group.charts.push_back(std::move(chart));
    }
    if (!group.charts.empty()) out.push_back(std::move(group));
  }
  return out;
}

}  // namespace shoal::sim
