// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "overlay/core/registry.h"
#include "sim/check/play.h"

namespace shoal::sim {

struct HuntPlan {
  std::vector<const overlay::OverlayEntry*> overlays;  ///< one or more; runs take them in turn
  std::uint64_t first_seed = 1;
  std::uint64_t runs = 1000;
  double minutes = 0;  ///< above 0: until so long has passed, whatever `runs` says
  unsigned jobs = 1;   ///< threads
};

struct HuntProgress {
  std::uint64_t done = 0;
  double wall_s = 0;
};

/// A scenario that breaks a clause: the first one, by number of run.
struct Prey {
  const overlay::OverlayEntry* overlay = nullptr;
  std::uint64_t seed = 0;
  std::uint64_t run = 0;
  Scenario scenario;
  std::vector<Breach> breaches;
};

struct Hunt {
  Sights sights;  ///< of the scenarios before the first that breaks a clause, and some behind it
  std::optional<Prey> prey;
};

/// Draws scenarios from seed after seed and holds each to the contract, until one breaks a clause.
/// What it finds does not depend on `jobs`. `hook` is called by one thread at a time.
Hunt hunt(const HuntPlan& plan, const std::function<void(const HuntProgress&)>& hook);

/// A smaller scenario that breaks the same clause. Deterministic.
struct Tamed {
  Scenario scenario;
  Breach breach;
  std::uint32_t tries = 0;
};
Tamed tame(const Scenario& scenario, Clause clause);

}  // namespace shoal::sim
