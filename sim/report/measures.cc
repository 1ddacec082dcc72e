// SPDX-License-Identifier: Apache-2.0
#include "sim/report/measures.h"

#include <algorithm>
#include <optional>

#include "sim/experiment/result.h"

namespace shoal::sim {

std::vector<Measure> measures() {
  std::vector<Measure> out{{"success", "searches that found", "share"},
                           {"recall", "holders found within reach", "share"},
                           {"messages", "copies per search", "copies"},
                           {"reach", "peers asked", "peers"},
                           {"first_hit_ms", "first hit after", "ms"},
                           {"all_hits_ms", "last hit after", "ms"},
                           {"duplicates", "useless repeats", "copies"},
                           {"redundancy", "repeats among copies", "share"},
                           {"recall_of_all", "holders found of all", "share"},
                           {"coverage", "asked of those within reach", "share"},
                           {"reliability", "asked of all that are here", "share"},
                           {"possible", "searches that could find", "share"},
                           {"took_ms", "search ended after", "ms"},
                           {"load_gini", "Gini of the load", ""}};
  for (const Figure& figure : figures()) {
    if (figure.name == "deliveries_per_second" || figure.name == "bytes_per_peer") continue;
    if (std::ranges::find(out, figure.name, &Measure::figure) != out.end()) continue;
    const std::size_t begin = std::min(figure.label.find_first_not_of(' '), figure.label.size());
    out.push_back({std::string(figure.name), std::string(figure.label.substr(begin)),
                   std::string(figure.unit)});
  }
  return out;
}

bool constant_in(const SweepTable& table, const Measure& measure) {
  std::optional<double> first;
  for (const SweptPoint& point : table.points) {
    const auto values = point.figures.find(measure.figure);
    if (values == point.figures.end()) continue;
    for (const double value : values->second) {
      if (!first) first = value;
      if (value != *first) return false;
    }
  }
  return true;
}

}  // namespace shoal::sim
