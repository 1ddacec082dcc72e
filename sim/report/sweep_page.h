// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/report/chart.h"
#include "sim/report/sweep_table.h"

namespace shoal::sim {

/// Plots of one key: small multiples that share a legend.
struct ChartGroup {
  std::string held;  ///< what the keys are that no line tells apart; may be empty
  std::vector<Chart> charts;
};

/// Every measure against the varied key number `axis`: means over seeds with their confidence
/// intervals. Lines are the combinations of the other keys as far as eight lines go; keys beyond
/// that make groups of their own. Measures that are the same at every point of the table are left
/// out.
std::vector<ChartGroup> charts_of(const SweepTable& table, std::size_t axis);

/// One HTML file that needs nothing else. Equal tables give equal pages; `name` is what the sweep
/// is called.
std::string sweep_html(const SweepTable& table, const std::string& name);

}  // namespace shoal::sim
