// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/rng.h"
#include "sim/workload/agenda.h"
#include "sim/workload/catalogue.h"

namespace shoal::sim {

/// Files that move: at random moments (Poisson) a random holder of a random file withdraws it, and
/// another peer that shares publishes it, so that a file keeps its number of holders.
class Turnover {
 public:
  /// From the engine's now() on. Requires that there are files, and a rate above 0.
  Turnover(Engine& engine, Catalogue& catalogue, double per_second, Rng rng);

  [[nodiscard]] std::uint64_t moved() const { return moved_; }

 private:
  void schedule();
  void move();

  Engine& engine_;
  Catalogue& catalogue_;
  Duration mean_;
  Rng draws_;
  std::uint64_t moved_ = 0;
  Agenda agenda_;
};

}  // namespace shoal::sim
