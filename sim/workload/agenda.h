// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "proto/types/time.h"
#include "sim/engine/engine.h"

namespace shoal::sim {

/// Things to do at given moments of a run, each a number that `act` understands; those of one
/// moment by number. One action of the engine stands for them all. Must not go before the engine
/// has run for the last time. Cost: 16 bytes each, O(log).
class Agenda {
 public:
  using Act = std::function<void(std::uint64_t)>;

  Agenda(Engine& engine, Act act) : engine_(engine), act_(std::move(act)) {}
  Agenda(const Agenda&) = delete;
  Agenda& operator=(const Agenda&) = delete;

  /// Requires at >= the engine's now().
  void add(Instant at, std::uint64_t what);

 private:
  void arm();
  void fire();

  Engine& engine_;
  Act act_;
  std::vector<std::pair<Instant, std::uint64_t>> heap_;  // earliest first
  Instant armed_ = Instant::max();
};

}  // namespace shoal::sim
