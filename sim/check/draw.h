// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "overlay/core/registry.h"
#include "proto/types/result.h"
#include "sim/check/scenario.h"

namespace shoal::sim {

/// The scenario of that seed: topology, delays, content, churn, troubles, strangers, searches and
/// their parameters. Equal on every machine. First everything goes wrong, then it is healed, then
/// searches must succeed. Requires that the overlay has a row in promises.cc.
Scenario draw_scenario(const overlay::OverlayEntry& overlay, std::uint64_t seed);

}  // namespace shoal::sim
