// SPDX-License-Identifier: Apache-2.0
#include "sim/report/measures.h"

#include <optional>

namespace shoal::sim {

std::vector<Measure> measures() {
  return {{"success", "searches that found", "share"},
          {"recall", "holders found", "share"},
          {"messages", "copies per search", "copies"},
          {"reach", "peers asked", "peers"},
          {"first_hit_ms", "first hit after", "ms"},
          {"all_hits_ms", "last hit after", "ms"},
          {"duplicates", "useless repeats", "copies"},
          {"redundancy", "repeats among copies", "share"},
          {"coverage", "asked of those within TTL", "share"},
          {"possible", "searches that could find", "share"},
          {"took_ms", "search ended after", "ms"},
          {"load_gini", "Gini of the load", ""},
          {"deliveries", "messages delivered", "messages"}};
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
