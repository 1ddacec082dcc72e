// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "overlay/core/registry.h"
#include "sim/world.h"
#include "tests/support/scenario.h"
#include "tests/support/truth.h"

namespace shoal::tests {

/// A scenario played to its end.
struct Played {
  std::unique_ptr<sim::World> world;
  std::unique_ptr<Truth> truth;
  std::vector<bool> refused;  ///< by search: it was not started, for want of a neighbour
  std::size_t given_back = 0;
  bool quiet = false;  ///< nothing was left to happen
};

/// No other query filter or word is used by scenarios.
PayloadRef body_of(const Asked& asked);
/// The file that a scenario's sharers share, each under the same content.
HitFile wanted_file();

/// Plays it. `also` watches too; `prepare` is called when the world is made and nothing
/// has happened yet.
Played play(const Scenario& scenario, sim::Observer* also = nullptr,
            const std::function<void(sim::World&)>& prepare = nullptr);

/// Which links no fault ever touched, given the crashed peers and what overflowed.
std::vector<bool> untouched_links(const Scenario& scenario);

}  // namespace shoal::tests
