// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "sim/check/scenario.h"

namespace shoal::sim {

struct Shrunk {
  Scenario scenario;
  std::uint32_t tries = 0;
};

/// A simpler scenario for which `fails` still holds: fewer peers, links, searches and events, and
/// simpler numbers, by delta debugging (Zeller, Hildebrandt, "Simplifying and Isolating
/// Failure-Inducing Input", IEEE TSE 2002). Deterministic; asks `fails` at most `tries_max` times.
/// Requires fails(scenario).
Shrunk shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& fails,
              std::uint32_t tries_max);

}  // namespace shoal::sim
