// SPDX-License-Identifier: Apache-2.0
// Which figures a page shows, and how it calls them. Internal to this folder.
#pragma once

#include <string>
#include <vector>

#include "sim/report/sweep_table.h"

namespace shoal::sim {

struct Measure {
  std::string figure;  ///< as figures() has it
  std::string label;
  std::string unit;  ///< "share": of 1
};

/// All of figures(); those that a reader asks for first, first. What the machine decides (speed,
/// memory) is left out.
std::vector<Measure> measures();

/// Every run of the table has the same value, or none has one.
bool constant_in(const SweepTable& table, const Measure& measure);

}  // namespace shoal::sim
